"""All that lies below a folder, in memory: to tell what changed, and to put things as they were or may be."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple


class Node(NamedTuple):
    """One file, link or folder; `content` is a link's target, and nothing for folders."""

    mode: int
    content: bytes = b""


State = Mapping[str, Node]

# What files hold, by device, inode, time of change and size: reading them all again is most of the work.
_CONTENTS: dict[tuple[int, int, int, int], bytes] = {}
_SETTLED = 100_000_000


def read(base: Path) -> dict[str, Node]:
    """Return everything below *base* by its relative path."""
    found: dict[str, Node] = {}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(base / prefix) as entries:
            for entry in entries:
                info = entry.stat(follow_symlinks=False)
                found[prefix + entry.name] = _node(entry.path, info)
                if stat.S_ISDIR(info.st_mode):
                    waiting.append(f"{prefix}{entry.name}/")
    return found


def _node(path: str, info: os.stat_result) -> Node:
    if stat.S_ISLNK(info.st_mode):
        return Node(info.st_mode, os.fsencode(os.readlink(path)))  # noqa: PTH115 -- a target is no path of ours
    return Node(info.st_mode, _content(path, info) if stat.S_ISREG(info.st_mode) else b"")


def _content(path: str, info: os.stat_result) -> bytes:
    # Nobody can set the time of change. One as recent as this may be that of a further change too.
    known_as = (info.st_dev, info.st_ino, info.st_ctime_ns, info.st_size)
    if known_as in _CONTENTS:
        return _CONTENTS[known_as]
    content = Path(path).read_bytes()
    if time.time_ns() - info.st_ctime_ns > _SETTLED:
        _CONTENTS[known_as] = content
    return content


def difference(before: State, after: State) -> dict[str, Node | None]:
    """Return what is new or other in *after*, with None for what is gone."""
    names = sorted({*before, *after})
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


def put(base: Path, wanted: State, own: Callable[[Path], None]) -> None:
    """Make all below *base* as *wanted*, in place: a file that is mounted elsewhere keeps its inode."""
    changes = difference(read(base), wanted)
    for name, node in reversed(changes.items()):
        path = base / name
        if os.path.lexists(path) and (
            node is None or stat.S_IFMT(path.lstat().st_mode) != stat.S_IFMT(node.mode)
        ):
            _remove(path)
    for name, node in changes.items():
        if node is not None:
            _write(base / name, node)
            own(base / name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _write(path: Path, node: Node) -> None:
    if stat.S_ISLNK(node.mode):
        path.unlink(missing_ok=True)
        path.symlink_to(os.fsdecode(node.content))
        return
    if stat.S_ISDIR(node.mode):
        path.mkdir(exist_ok=True)
    elif stat.S_ISREG(node.mode):
        path.write_bytes(node.content)
    path.chmod(stat.S_IMODE(node.mode))
