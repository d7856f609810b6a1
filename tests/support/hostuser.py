"""The person at the machine whose repository it is. As root the tests can be anybody, else themselves."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

# What a person's shell would hand on and a test must not invent.
PASSED_ON = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "ALPINE_IMAGE", "ALPINE_MIRROR", "NPM_REGISTRY"),
    *(
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "PIP_CERT",
        "PIP_INDEX_URL",
    ),
)
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


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


def create(uid: int, gid: int, base: Path) -> HostUser:
    """Make a home directory below *base*, with git's identity and the engine's client; return its owner."""
    home = base / f"home-{uid}-{gid}"
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text(
        "[user]\n  name = Host User\n  email = host@example.com\n", encoding="utf-8"
    )
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {"HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color", "PATH": _path(base, uid)}
    environment |= {"DOCKER_CONFIG": str(_client(home, uid))}
    user = HostUser(uid, gid, home, environment, _engine_groups())
    _share_packages(home, base)
    user.own(home)
    return user


def _share_packages(home: Path, base: Path) -> None:
    # What the helpers install for themselves is the same for all, and takes several seconds.
    cache = home / ".cache" / "aidevcontainer"
    cache.mkdir(parents=True, exist_ok=True)
    for installed in base.glob("home-*/.cache/aidevcontainer/venv-*"):
        if not os.path.lexists(cache / installed.name):
            (cache / installed.name).symlink_to(installed.resolve())


def _engine_groups() -> tuple[int, ...]:
    # The socket belongs to a group, `docker` on an ordinary machine, and whoever may use the engine is in it.
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    socket = Path(host.removeprefix("unix://"))
    return (socket.stat().st_gid,) if socket.exists() else ()


def _path(base: Path, uid: int) -> str:
    client = shutil.which("docker")
    if client is None or uid == os.geteuid():
        return os.environ["PATH"]
    if _open_to_all(Path(client)):
        return f"{Path(client).parent}:{SYSTEM_PATH}"
    return f"{_copy(Path(client), base / 'bin')}:{SYSTEM_PATH}"


def _client(home: Path, uid: int) -> Path:
    current = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    if uid == os.geteuid():
        return current
    # A folder of one's own, because buildx writes into it.
    for plugin in (current / "cli-plugins").glob("docker-*"):
        _copy(plugin.resolve(), home / ".docker" / "cli-plugins", plugin.name)
    return home / ".docker"


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def _copy(program: Path, folder: Path, name: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / (name or program.name)
    if not target.exists():
        try:
            os.link(program, target)
        except OSError:
            shutil.copy2(program, target)
    return folder
