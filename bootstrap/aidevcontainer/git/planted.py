"""Finds repositories in the work tree that would make the host's git run a program. No mount prevents them.

Git obeys the configuration of each repository that it meets: below the project's root, in a folder that its
user changes into, and as a submodule after a hasty `git add`. The agent can create such a repository
anywhere. Most of its repositories are harmless clones; a person hears only of those that name a program, that
write somewhere else, or that could not be read. Also of other scaffolds, and of what git conceals.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.git import concealed, inspection, late_files, repositories, tree_search, worktree_files
from aidevcontainer.git.inspection import Inspected
from aidevcontainer.git.plant import ELSEWHERE, PROGRAMS, SHRINK, UNFINISHED, UNREADABLE, Plant, digest_of
from aidevcontainer.git.planted_scaffolds import InnerScaffolds
from aidevcontainer.git.tree_search import LIMITS, Folder, Limits
from aidevcontainer.git.untrusted import UnreadableError

_MOST = 1000


def find(root: str, with_root: bool = False, limits: Limits = LIMITS) -> list[Plant]:
    """Returns all of them below a project's root, sorted by path.

    `with_root` includes the root's own `.git`, for a project that was not a repository when its container
    started. Folders and files that cannot be read are findings too, and so is a search that did not finish.
    """
    found: dict[str, Plant] = {}
    try:
        for place, plant in _Search(root, with_root).plants(limits):
            found.setdefault(place, plant)
            if len(found) == _MOST:
                found[""] = _unfinished(f"it stopped after {_MOST} findings")
                break
    except Exception as error:
        # The agent made what is searched. A search that it stopped must not seem to have found nothing.
        found[""] = _unfinished(f"{type(error).__name__}: {error}")
    return sorted(found.values())


class _Search:
    """One look at a project. Findings come with a text that is the same for two ways to the same one."""

    def __init__(self, root: str, with_root: bool) -> None:
        self._root = root
        self._own = _OwnGit("" if with_root else root)
        self._left_out = "" if with_root else os.path.join(root, ".git")
        self._inner = InnerScaffolds(root)

    def plants(self, limits: Limits) -> Iterator[tuple[str, Plant]]:
        """Yields all findings."""
        yield from self._waiting(repositories.git_directory(os.path.join(self._root, ".git")))
        if self._own:
            for plant in concealed.find(self._root):
                yield f"{plant.path} {plant.advice}", plant
            yield from self._late()
        for folder in tree_search.folders(self._root, self._own.read_only(self._root), limits):
            if folder.error:
                yield folder.path, self._not_read(folder.path, folder.error)
            yield from self._inner.plants(folder)
            for link in _links(folder):
                if link != self._left_out:
                    yield from self._behind(link, link)
            if repositories.could_be_bare(folder.folders, folder.others):
                yield from self._behind(folder.path, "")

    def _behind(self, path: str, link: str) -> Iterator[tuple[str, Plant]]:
        """Yields the findings about the repository at a path, or behind a `.git`."""
        try:
            git = repositories.git_directory(link) if link else path
            if git and repositories.is_git_directory(git):
                if not self._own.has(os.path.realpath(git)):
                    yield from self._about(path, git)
                    yield from self._inner.covered_by(link)
                yield from self._waiting(git)
        except UnreadableError as error:
            yield path, self._not_read(path, str(error))

    def _about(self, path: str, git: str) -> Iterator[tuple[str, Plant]]:
        found = inspection.settings_and_hooks(git)
        if found.reasons():
            yield os.path.realpath(git), self._plant(path, found)

    def _waiting(self, git: str) -> Iterator[tuple[str, Plant]]:
        for folder, found in inspection.waiting(git):
            yield os.path.realpath(folder), self._plant(folder, found)

    def _plant(self, path: str, found: Inspected) -> Plant:
        effect = PROGRAMS if found.programs else ELSEWHERE if found.elsewhere else UNREADABLE
        return Plant(os.path.relpath(path, self._root), found.reasons(), found.digest(), effect)

    def _late(self) -> Iterator[tuple[str, Plant]]:
        for path in late_files.find(self._root):
            found = Inspected()
            found.read(path)
            yield (
                path,
                Plant(os.path.relpath(path, self._root), ("your hooks or settings read it",), found.digest()),
            )

    def _not_read(self, path: str, reason: str) -> Plant:
        if path == self._root:
            return _unfinished(reason)
        return Plant(os.path.relpath(path, self._root), (reason,), digest_of(reason), UNREADABLE)


class _OwnGit:
    """The project's own git directories, whose configuration and hooks the agent can only read."""

    def __init__(self, root: str) -> None:
        self._gits: set[str] = set()
        link = os.path.join(root, ".git")
        # The agent could replace a link.
        if root and os.path.exists(link) and not os.path.islink(link):
            git = repositories.git_directory(link)
            common = repositories.common_directory(git)
            found = (git, common, *worktree_files.modules(git), *worktree_files.linked(common))
            self._gits = set(map(os.path.realpath, found))

    def read_only(self, root: str) -> set[str]:
        """Returns the folders below the root that the agent can only read."""
        parts = (os.path.join(git, name) for git in self._gits for name in ("hooks", "worktrees"))
        return {os.path.join(root, ".aidevcontainer"), *parts}

    def __bool__(self) -> bool:
        return bool(self._gits)

    def has(self, git: str) -> bool:
        """Returns whether a real path is one of them."""
        return git in self._gits


def _links(folder: Folder) -> Iterator[str]:
    # A file system may ignore case, and then git finds its folder under any spelling. `.GIT` is searched as
    # well, since elsewhere it is an ordinary folder.
    for name in (*folder.folders, *folder.others):
        if name.lower() == ".git":
            yield os.path.join(folder.path, name)


def _unfinished(reason: str) -> Plant:
    # Without the reason, which counts files: a person who knows of it need not hear of it each time.
    return Plant(".", (reason,), digest_of("unfinished"), UNFINISHED, SHRINK)
