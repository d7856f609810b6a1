"""Finds other scaffolds inside a project: those of a monorepo's packages, and of clones.

Their commands run on the host as well. The agent gets those that are there at its container's start
read-only; `planted` names the others.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from aidevcontainer.git import protection, tree_search, untrusted
from aidevcontainer.git.tree_search import Folder, Limits
from aidevcontainer.git.untrusted import UnreadableError
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.util.printable import printable

# A start waits for the search, so it stops earlier than the one at a session's end.
_LIMITS = Limits(500_000, 3)
_MOST = 100
_SHOWN = 3
_CONTENT = Limits(10_000, 5)


class Scaffolds(NamedTuple):
    """Absolute paths; those of them that were not there at the last start; whether all were found."""

    paths: list[str]
    new: list[str]
    complete: bool

    def remarks(self, root: str) -> Iterator[str]:
        """Yields sentences about new ones, and about a search that did not finish."""
        if self.new:
            names = ", ".join(printable(os.path.relpath(path, root)) for path in self.new[:_SHOWN])
            more = ", …" if len(self.new) > _SHOWN else ""
            yield (
                f"Other scaffolds in this project are read-only for the agent from now on: {names}{more}. "
                "If you did not create them, remove them before you run their commands."
            )
        if not self.complete:
            yield (
                "This project is too large to protect every other scaffold in it from the agent. "
                "To see those that it could write: ./.aidevcontainer/container status"
            )


def find(root: str) -> Scaffolds:
    """Returns the scaffolds below a project's root, at most 100, those of the last start first."""
    before = protection.inner_scaffolds(root)
    known = [path for path in before or [] if _is_one(path)]
    found = dict.fromkeys(known)
    complete = True
    for folder in tree_search.folders(root, {os.path.join(root, name) for name in (".git", FOLDER)}, _LIMITS):
        complete = complete and not (folder.error and folder.path == root)
        found.update(dict.fromkeys(path for path in named(root, folder) if _is_one(path)))
    paths = list(found)[:_MOST]
    new = [] if before is None else [path for path in paths if path not in known]
    return Scaffolds(paths, new, complete and len(found) <= _MOST)


def named(root: str, folder: Folder) -> Iterator[str]:
    """Yields what is named as a scaffold in a folder of the project, without the project's own."""
    if folder.path != root:
        for name in (*folder.folders, *folder.others):
            if name.lower() == FOLDER:
                yield os.path.join(folder.path, name)


def content(scaffold: str) -> dict[str, str]:
    """Returns a digest of each file's content and mode, by its path in the scaffold."""
    found: dict[str, str] = {}
    for folder in tree_search.folders(scaffold, (), _CONTENT):
        if folder.error:
            found[folder.path] = folder.error
        for name in folder.others:
            path = os.path.join(folder.path, name)
            found[os.path.relpath(path, scaffold)] = _digest(path)
    return found


def _digest(path: str) -> str:
    try:
        mode = os.lstat(path).st_mode
        return f"{mode:o} {hashlib.sha256(untrusted.read(path)).hexdigest()}"
    except (OSError, UnreadableError) as error:
        return str(error)


def _is_one(path: str) -> bool:
    """Returns whether a path is a scaffold that can be mounted: no link, and no template of scaffolds."""
    if os.path.basename(path) != FOLDER or os.path.realpath(path) != path or not os.path.isdir(path):
        return False
    return not os.path.exists(os.path.join(path, "docker-compose.yml.jinja"))
