"""Files of a working tree before and after an update."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple


class File(NamedTuple):
    """One file. The content of a symbolic link is its target."""

    content: bytes
    executable: bool = False
    link: bool = False


class Change(NamedTuple):
    """A file before and after, None where it does not exist. `path` is relative to the project."""

    path: str
    before: File | None
    after: File | None


def read(path: Path) -> File | None:
    """Returns a file, or None where there is none. Raises OSError."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(found.st_mode):
        return File(os.fsencode(path.readlink()), link=True)
    return File(path.read_bytes(), bool(found.st_mode & stat.S_IXUSR))


def read_all(root: Path) -> dict[str, File]:
    """Returns every file below a directory except git's own, by its path. Raises OSError."""
    found: dict[str, File] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        for name in names + linked:
            file = read(Path(folder, name))
            if file is not None:
                found[Path(folder, name).relative_to(root).as_posix()] = file
    return found


def compare(before: dict[str, File], after: dict[str, File]) -> list[Change]:
    """Returns the differences, sorted by path."""
    paths = sorted(before.keys() | after.keys())
    return [
        Change(path, before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    ]
