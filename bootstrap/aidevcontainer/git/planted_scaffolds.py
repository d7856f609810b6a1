"""Finds scaffolds that the agent could write, and repositories that would write the protected ones."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.git import protection, scaffolds
from aidevcontainer.git.plant import ELSEWHERE, REVIEW, SCAFFOLD, Plant, digest_of
from aidevcontainer.git.tree_search import Folder
from aidevcontainer.project.manifest import FOLDER


class InnerScaffolds:
    """The other scaffolds among the project's files: those that the agent can only read, and the rest."""

    def __init__(self, root: str) -> None:
        self._root = root
        mounted = protection.inner_scaffolds(root)
        # The agent never worked in a project whose container was never started.
        self._known = mounted is not None
        self._protected = mounted or []
        self._originals: list[dict[str, str]] = []

    def plants(self, folder: Folder) -> Iterator[tuple[str, Plant]]:
        """Yields those in a folder that the agent could write, except for copies of those it can read."""
        for path in scaffolds.named(self._root, folder):
            if self._known and path not in self._protected and not self._is_copy(path):
                yield path, self._plant(path)

    def covered_by(self, link: str) -> Iterator[tuple[str, Plant]]:
        """Yields a finding for a `.git` above a read-only scaffold that is not at the top of its work tree.

        A `git stash` there would write the scaffold, which the agent cannot write itself.
        """
        work_tree = os.path.dirname(link)
        for path in self._protected:
            above = os.path.dirname(path)
            if link and work_tree != self._root and above.startswith(f"{work_tree}/"):
                reason = f"its work tree contains {os.path.relpath(path, self._root)}"
                yield (
                    f"{link} {path}",
                    Plant(os.path.relpath(link, self._root), (reason,), digest_of(reason), ELSEWHERE),
                )

    def _plant(self, path: str) -> Plant:
        content = scaffolds.content(path)
        reason = "a symbolic link" if os.path.islink(path) else "it appeared after the container started"
        digest = digest_of(repr((sorted(content.items()), os.path.realpath(path))))
        return Plant(os.path.relpath(path, self._root), (reason,), digest, SCAFFOLD, REVIEW)

    def _is_copy(self, path: str) -> bool:
        if os.path.islink(path):
            return False
        if not self._originals:
            originals = (os.path.join(self._root, FOLDER), *self._protected)
            self._originals = [scaffolds.content(each) for each in originals]
        content = scaffolds.content(path).items()
        return any(content <= each.items() for each in self._originals)
