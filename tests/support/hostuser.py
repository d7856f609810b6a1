"""The person at the machine whose repository it is. As root the tests can be anybody, else themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from .client import Client, copy

# What a person's shell would hand on and a test must not invent.
PASSED_ON = (
    *(
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "DOCKER_CONFIG",
        "PATH",
        "ALPINE_IMAGE",
        "ALPINE_MIRROR",
        "NPM_REGISTRY",
    ),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    *("PIP_CERT", "PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
)


class HostUser(NamedTuple):
    """Numeric ids, a home directory, the environment that this person's programs get, and further groups."""

    uid: int
    gid: int
    home: Path
    environment: dict[str, str]
    groups: tuple[int, ...] = ()

    def become(self) -> None:
        """Turn the calling process into this user; nothing happens when it is already."""
        if os.geteuid() == self.uid:
            return
        os.setgroups(self.groups)
        os.setgid(self.gid)
        os.setuid(self.uid)

    def become_on_terminal(self) -> None:
        """As :meth:`become`, for a process that leads a new terminal, which a login hands over too."""
        if os.geteuid() == 0:
            os.fchown(0, self.uid, self.gid)
        self.become()

    def own(self, path: Path) -> None:
        """Give *path* and all below it to this user."""
        if os.geteuid() != 0:
            return
        for folder, folders, files in os.walk(path):
            for name in [".", *folders, *files]:
                os.chown(Path(folder) / name, self.uid, self.gid, follow_symlinks=False)

    def own_file(self, path: Path) -> None:
        """Give one file to this user."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


def everybody() -> list[tuple[int, int]]:
    """Return the ids that tests of ownership run with: as root several people, else oneself."""
    if os.geteuid() != 0:
        return [(os.getuid(), os.getgid())]
    # macOS's first user, whose group is Alpine's dialout; Linux's first user; somebody else.
    return [(501, 20), (1000, 1000), (1234, 5678)]


def create(uid: int, gid: int, base: Path, client: Client) -> HostUser:
    """Make a home directory below *base*, with git's identity and the engine's client; return its owner."""
    home = base / f"home-{uid}-{gid}"
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text(
        # The tests' templates belong to the user who runs the tests.
        "[user]\n  name = Host User\n  email = host@example.com\n[safe]\n  directory = *\n",
        encoding="utf-8",
    )
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {"HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    if uid != os.geteuid():
        environment |= _as_other(home, client)
    else:
        environment.setdefault("DOCKER_CONFIG", str(Path.home() / ".docker"))
    _share_packages(home, base)
    user = HostUser(uid, gid, home, environment, client.groups())
    user.own(home)
    return user


def _as_other(home: Path, client: Client) -> dict[str, str]:
    # A folder of one's own, because Buildx writes into it.
    configuration = home / ".docker"
    for name, plugin in client.plugins().items():
        copy(plugin, configuration / "cli-plugins" / name)
    return {"PATH": client.path, "DOCKER_CONFIG": str(configuration)} | (
        {"DOCKER_HOST": client.host} if client.host else {}
    )


def _share_packages(home: Path, base: Path) -> None:
    # What the helpers install for themselves is the same for all, and takes several seconds.
    cache = home / ".cache" / "aidevcontainer" / "helpers"
    cache.mkdir(parents=True, exist_ok=True)
    for installed in base.glob("home-*/.cache/aidevcontainer/helpers/*"):
        if not os.path.lexists(cache / installed.name):
            (cache / installed.name).symlink_to(installed.resolve())
