"""The engine's client for other users of the machine: root's own may lie where only root can go."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SCHEME = "unix://"


class Client:
    """Programs and socket below *base*, which everybody may enter; `close` unmounts what was mounted."""

    def __init__(self, base: Path, environment: Mapping[str, str]) -> None:
        self._base = base
        self._given = environment
        self._closing = ExitStack()
        self._program = _program(environment)
        self.path = f"{_place(self._program, base / 'bin').parent}:{SYSTEM_PATH}"
        self.host = self._socket()

    def plugins(self) -> dict[str, Path]:
        """Return the client's plugins (Compose, Buildx) that are not the system's own."""
        private = (
            self._program.parents[3] / "config" if len(self._program.parents) > 3 else Path("/nonexistent")
        )
        configured = [self._given.get("DOCKER_CONFIG"), str(private), str(Path.home() / ".docker")]
        folders = [Path(folder) / "cli-plugins" for folder in configured if folder]
        found = [plugin for folder in folders for plugin in folder.glob("docker-*")]
        return {plugin.name: plugin.resolve() for plugin in reversed(found)}

    def groups(self) -> tuple[int, ...]:
        """Return the group that may use the engine, `docker` on an ordinary machine."""
        socket = Path(self.host.removeprefix(_SCHEME) or "/var/run/docker.sock")
        return (socket.stat().st_gid,) if socket.exists() else ()

    def close(self) -> None:
        """Undo what must not outlive the tests."""
        self._closing.close()

    def _socket(self) -> str:
        host = self._given.get("DOCKER_HOST", "")
        socket = Path(host.removeprefix(_SCHEME))
        if not host.startswith(_SCHEME) or open_to_all(socket):
            return host
        target = self._base / "docker.sock"
        try:
            os.link(socket, target)
        except OSError:
            target.touch()
            subprocess.run(["mount", "--bind", str(socket), str(target)], check=True)
            self._closing.callback(subprocess.run, ["umount", str(target)], check=False)
        return f"{_SCHEME}{target}"


def open_to_all(path: Path) -> bool:
    """Return whether every user may go where *path* is."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def _program(environment: Mapping[str, str]) -> Path:
    found = shutil.which("docker", path=environment.get("PATH"))
    if found is None:
        raise AssertionError("The docker program is not on PATH.")
    program = Path(found).resolve()
    # A private engine's is a script that knows its own folder; what it starts lies there.
    private = program.parents[1] / "root/usr/bin/docker"
    return private if private.exists() else program


def _place(program: Path, folder: Path) -> Path:
    if open_to_all(program):
        return program
    return copy(program, folder / program.name)


def copy(program: Path, target: Path) -> Path:
    """Put *program* at *target*, without a second copy on the disk where that can be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        try:
            os.link(program, target)
        except OSError:
            shutil.copy2(program, target)
    return target
