"""Puts the bridge's part of the image into the build context where a project uses the bridge, and only there.

A branch may have anything in place of the folder or its files, so nothing here follows a link.
"""

from __future__ import annotations

import os
import shutil
import stat

from aidevcontainer.project.paths import Project
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_BROKER = "bridge/broker"
# The broker's modules import these, and nothing else outside of their own folder.
_UTIL = ("util/files.py", "util/http_socket.py")
_PROGRAMS = ("bridge-client", "install.sh")
_EMPTY = ("__init__.py", "bridge/__init__.py", "util/__init__.py")
_FOLDERS = (
    ".",
    "aidevcontainer",
    "aidevcontainer/util",
    "aidevcontainer/bridge",
    "aidevcontainer/bridge/broker",
)

# By path, the mode and a file's content.
_Tree = dict[str, tuple[int, bytes]]
_FOLDER_MODE, _MODULE_MODE, _PROGRAM_MODE = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o644, stat.S_IFREG | 0o755


def stage(project: Project, wanted: bool) -> None:
    """Makes the build context contain exactly the bridge's files, or none. Raises Problem and OSError."""
    scripts = os.path.join(project.folder, "scripts")
    if os.path.islink(scripts):
        if wanted:
            raise Problem(
                f"The bridge's files cannot be written. {scripts} is a symbolic link and must be a folder. "
                "Restore it: git checkout -- .aidevcontainer/scripts"
            )
        return
    target = os.path.join(scripts, "bridge")
    expected = _expected() if wanted else {}
    if _found(target) != expected:
        _remove(target)
        _write(target, expected)


def _expected() -> _Tree:
    broker = os.listdir(os.path.join(_PACKAGE, _BROKER))
    modules = [*_UTIL, *(f"{_BROKER}/{name}" for name in broker if name.endswith(".py"))]
    found = dict.fromkeys(_FOLDERS, (_FOLDER_MODE, b""))
    found |= {f"aidevcontainer/{name}": (_MODULE_MODE, b"") for name in _EMPTY}
    found |= {f"aidevcontainer/{name}": (_MODULE_MODE, _source(name)) for name in modules}
    return found | {name: (_PROGRAM_MODE, _source(f"{_BROKER}/{name}")) for name in _PROGRAMS}


def _source(name: str) -> bytes:
    with open(os.path.join(_PACKAGE, name), "rb") as file:
        return file.read()


def _found(target: str) -> _Tree:
    found: _Tree = {}
    paths = [target] if os.path.lexists(target) else []
    for path in paths:
        info = os.lstat(path)
        found[os.path.relpath(path, target)] = (info.st_mode, _content(path, info))
        if stat.S_ISDIR(info.st_mode):
            paths += [os.path.join(path, name) for name in os.listdir(path)]
    return found


def _content(path: str, info: os.stat_result) -> bytes:
    # None of the bridge's files is larger, so a larger one differs from them without its content.
    readable = stat.S_ISREG(info.st_mode) and info.st_size <= files.MOST_BYTES
    return (files.read(path) or b"") if readable else b""


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _write(target: str, tree: _Tree) -> None:
    for name, (mode, content) in tree.items():
        path = os.path.normpath(os.path.join(target, name))
        if stat.S_ISDIR(mode):
            os.mkdir(path)
            # The umask may be strict, and the agent must be able to read the folder's copy in the image.
            os.chmod(path, stat.S_IMODE(mode))
            files.give(path)
        else:
            files.write(path, content, stat.S_IMODE(mode))
