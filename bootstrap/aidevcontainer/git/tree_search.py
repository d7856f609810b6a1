"""Lists a project's folders, outer ones first, without recursion and within limits.

The agent decides how deep and how large the tree is. So the search says which part of it was not read.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Container, Iterator
from itertools import islice
from typing import NamedTuple


class Limits(NamedTuple):
    """Where a search stops: at this many files and folders, and after this many seconds."""

    entries: int
    seconds: float


LIMITS = Limits(2_000_000, 15)


class Folder(NamedTuple):
    """One folder. `others` are files and links. `error` says why not all of it was read."""

    path: str
    folders: list[str]
    others: list[str]
    error: str = ""


def folders(root: str, leave_out: Container[str] = (), limits: Limits = LIMITS) -> Iterator[Folder]:
    """Yields `root` and the folders below it, without links and the paths in `leave_out`.

    At a limit, yields `root` once more, with the reason as its error.
    """
    end, left = time.monotonic() + limits.seconds, limits.entries
    waiting = deque([root])
    while waiting:
        if left <= 0 or time.monotonic() > end:
            yield Folder(root, [], [], f"it stopped after {limits.entries - left} files and folders")
            return
        found = _listed(waiting.popleft(), left)
        left -= 1 + len(found.folders) + len(found.others)
        yield found
        below = (os.path.join(found.path, name) for name in found.folders)
        waiting.extend(path for path in below if path not in leave_out)


def _listed(path: str, most: int) -> Folder:
    folders: list[str] = []
    others: list[str] = []
    try:
        with os.scandir(path) as entries:
            for entry in islice(entries, most):
                (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return Folder(path, [], [])  # a program is at work, and this folder was just removed
    except OSError as error:
        return Folder(path, folders, others, str(error.strerror))
    return Folder(path, folders, others)
