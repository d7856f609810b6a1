"""Which of Debian's packages make an engine. One table; the newest release is the default."""

from __future__ import annotations

from typing import NamedTuple

# Linked against the C library, or loaded into programs that are: these come from the machine's own suite.
NATIVE = ("runc", "iptables", "tini", "libdevmapper1.02.1")
# Neither does the machine lack them nor could a second copy of them work.
OF_THE_MACHINE = ("libc6", "libgcc-s1", "libcrypt1")


class Release(NamedTuple):
    """An engine's release: package names by Debian suite, and the download's size in MB."""

    name: str
    packages: dict[str, tuple[str, ...]]
    megabytes: int


RELEASES = {
    release.name: release
    for release in (
        Release(
            "26.1",
            {"trixie": ("docker.io", "docker-cli", "containerd", "docker-compose", "docker-buildx")},
            115,
        ),
        # Its own client, but the newer suite's plugins: bookworm has no Compose v2.
        Release(
            "20.10",
            {"bookworm": ("docker.io", "containerd"), "trixie": ("docker-compose", "docker-buildx")},
            105,
        ),
    )
}
DEFAULT = "26.1"
