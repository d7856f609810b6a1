"""Mounts that the Compose files add: sources that are missing here, folders that are root's inside."""

from __future__ import annotations

import io
import os
import re
import tarfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from aidevcontainer.engine.compose_model import AGENT, ComposeModel
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util import files
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem

_HOME = "/home/claude"
# `.npmrc`, `.netrc`, `settings.xml`: the engine would make a folder of that name, which no program expects.
_FILE = re.compile(r".*[a-z]rc|.+\.[A-Za-z][A-Za-z0-9]{0,7}")
_OVERRIDE = ".aidevcontainer/docker-compose.override.yml"


class _Folder(NamedTuple):
    path: str
    mode: int


def make_sources(docker: Docker, console: Console, model: ComposeModel) -> None:
    """Makes the missing folders that are to be mounted, as the user: the engine would make them as root.

    Raises Problem where the name is that of a file, and OSError.
    """
    if not docker.is_local:
        return
    for source in dict.fromkeys(_missing(model)):
        if os.path.lexists(source):
            raise Problem(f"{source} is a link to nothing, and {_OVERRIDE} mounts it. Correct one of them.")
        if _FILE.fullmatch(os.path.basename(source)):
            raise Problem(f"{source} is missing, and {_OVERRIDE} mounts it. Create it, or remove the line.")
        files.make_folders(source)
        console.say(f"Created the folder {source}, which {_OVERRIDE} mounts.")


def hand_over(docker: Docker, container: str, model: ComposeModel, ids: tuple[int, int]) -> None:
    """Gives the agent the folders in a new container that only exist because of a mount, and empty volumes.

    The engine makes them as root. Raises Problem.
    """
    wanted = list(dict.fromkeys(_folders(model.services.get(AGENT, {}))))
    roots = _roots(docker, container, wanted) if wanted else []
    if roots:
        docker.check(
            "give mounted folders to the agent", "cp", "-", f"{container}:/", input=_archive(roots, ids)
        )


def _missing(model: ComposeModel) -> Iterator[str]:
    for service in model.services.values():
        for each in service.get("volumes") or []:
            source = str(each.get("source") or "")
            makes = (each.get("bind") or {}).get("create_host_path", True)
            if each.get("type") == "bind" and makes and os.path.isabs(source) and not os.path.exists(source):
                yield source


def _folders(service: dict[str, Any]) -> Iterator[str]:
    """Yields the mount points of volumes, and the folders above mount points in the agent's home."""
    mounts = [each for each in service.get("volumes") or [] if str(each.get("target", "")).startswith("/")]
    targets = {os.path.normpath(each["target"]) for each in mounts}
    for each in mounts:
        target = os.path.normpath(each["target"])
        yield from (folder for folder in _above(target) if not _is_inside(folder, targets))
        if each.get("type") == "volume" and not each.get("read_only"):
            yield target


def _above(target: str) -> Iterator[str]:
    folder = os.path.dirname(target)
    if _is_inside(folder, {_HOME}) and folder != _HOME:
        yield from _above(folder)
        yield folder


def _is_inside(path: str, folders: set[str]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in folders)


def _roots(docker: Docker, container: str, paths: list[str]) -> list[_Folder]:
    """Returns the folders that belong to root."""
    result = docker.execute(container, "stat", "-c", "%u %a %n", "--", *paths)
    found = (line.split(" ", 2) for line in result.out.splitlines())
    return [_Folder(path, int(mode, 8)) for uid, mode, path in found if uid == "0"]


def _archive(folders: list[_Folder], ids: tuple[int, int]) -> bytes:
    """Returns a tar archive that sets the owner of folders that exist."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for folder in folders:
            entry = tarfile.TarInfo(folder.path.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, folder.mode
            entry.uid, entry.gid = ids
            archive.addfile(entry)
    return content.getvalue()
