"""Puts the bridge's part of the image into the build context where a project uses the bridge, and only there.

A branch may have anything in place of the folder or its files, so nothing here follows a link.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from typing import NamedTuple

from aidevcontainer.project.paths import Project
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_BROKER = "bridge/broker"
# The broker's modules import these, and nothing else outside of their own folder.
_UTIL = ("files.py", "http_socket.py")
_PROGRAMS = ("bridge-client", "install.sh")
_EMPTY = ("__init__.py", "bridge/__init__.py", "util/__init__.py")


class _StagedFile(NamedTuple):
    content: bytes
    mode: int


def stage(project: Project, wanted: bool) -> None:
    """Makes the build context contain exactly the bridge's files, or none. Raises Problem and OSError."""
    scripts = os.path.join(project.folder, "scripts")
    if os.path.islink(scripts):
        _refuse_link(scripts, wanted)
        return
    target = os.path.join(scripts, "bridge")
    if not wanted:
        _remove(target)
        return
    expected = {os.path.join(target, name): file for name, file in _content().items()}
    folders = _folders(target, expected)
    _prune(target, {*expected, *folders})
    for path in folders:
        _make_folder(path)
    for path, file in expected.items():
        _write(path, file)


def _refuse_link(scripts: str, wanted: bool) -> None:
    if wanted:
        raise Problem(
            f"The bridge's files cannot be written. {scripts} is a symbolic link and must be a folder. "
            "Restore it: git checkout -- .aidevcontainer/scripts"
        )


def _content() -> dict[str, _StagedFile]:
    broker = os.path.join(_PACKAGE, _BROKER)
    modules = [f"{_BROKER}/{name}" for name in os.listdir(broker) if name.endswith(".py")]
    modules += [f"util/{name}" for name in _UTIL]
    found = {f"aidevcontainer/{name}": _StagedFile(b"", 0o644) for name in _EMPTY}
    found |= {f"aidevcontainer/{name}": _StagedFile(_source(name), 0o644) for name in modules}
    return found | {name: _StagedFile(_source(f"{_BROKER}/{name}"), 0o755) for name in _PROGRAMS}


def _source(name: str) -> bytes:
    with open(os.path.join(_PACKAGE, name), "rb") as file:
        return file.read()


def _folders(target: str, expected: Iterable[str]) -> list[str]:
    """Returns the target and every folder below it that a file needs, each after its parent."""
    found = {target}
    for path in expected:
        while (path := os.path.dirname(path)) not in found:
            found.add(path)
    return sorted(found)


def _prune(path: str, wanted: set[str]) -> None:
    """Removes everything that is not wanted, and a link or file in place of a folder."""
    if path not in wanted or not _is_folder(path):
        _remove(path)
        return
    for name in os.listdir(path):
        entry = os.path.join(path, name)
        if entry not in wanted or _is_folder(entry):
            _prune(entry, wanted)


def _make_folder(path: str) -> None:
    if not _is_folder(path):
        _remove(path)
        os.mkdir(path)
    # The umask may be strict, and the agent must be able to read the folder's copy in the image.
    if stat.S_IMODE(os.lstat(path).st_mode) != 0o755:
        os.chmod(path, 0o755)  # noqa: S103 -- the files are no secret


def _write(path: str, file: _StagedFile) -> None:
    if not _is_there(path, file):
        _remove(path)
        files.write(path, file.content, file.mode)


def _is_there(path: str, file: _StagedFile) -> bool:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(found.st_mode) or stat.S_IMODE(found.st_mode) != file.mode:
        return False
    return found.st_size == len(file.content) and files.read(path) == file.content


def _remove(path: str) -> None:
    if _is_folder(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)
