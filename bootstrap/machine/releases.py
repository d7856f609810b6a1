"""Lists the Debian packages that make up each release of a private engine."""

from __future__ import annotations

from typing import NamedTuple

# These depend on the machine's C library, so they come from the machine's own suite.
NATIVE = ("runc", "iptables", "tini", "libdevmapper1.02.1")
# Every machine has them, and a second copy of them would not work.
OF_THE_MACHINE = ("libc6", "libgcc-s1", "libcrypt1")


class Release(NamedTuple):
    """A release: package names by Debian suite, and the size of the download in MB."""

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
        # The plugins come from the newer suite, because bookworm has no Compose v2.
        Release(
            "20.10",
            {"bookworm": ("docker.io", "containerd"), "trixie": ("docker-compose", "docker-buildx")},
            105,
        ),
    )
}
DEFAULT = "26.1"
