"""Finds repositories in the work tree that would make the host's git run a program. No mount prevents them.

Git obeys the configuration of each repository that it meets: below the project's root, in a folder that its
user changes into, and as a submodule after a hasty `git add`. The agent can create such a repository
anywhere. Most of its repositories are harmless clones; a person hears only of those that name a program, that
write somewhere else, or that could not be read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from aidevcontainer.git import inspection, repositories, tree_search, worktree_files
from aidevcontainer.git.inspection import Inspected
from aidevcontainer.git.tree_search import LIMITS, Folder, Limits
from aidevcontainer.git.untrusted import UnreadableError
from aidevcontainer.util.printable import printable

_PROGRAMS = "would make your git run programs"
_ELSEWHERE = "would make your git write to files that are not its own"
_UNREADABLE = "cannot be read, so it could make your git run programs"
_UNFINISHED = "was not searched completely for repositories that would make your git run programs"
_REMOVE = "If you did not create it, remove it before you use git there, and before you add or commit it."
_SHRINK = "Remove folders that are unusually deep or large and that you did not create."

_SHOWN = 3
_LONGEST = 200
_MOST = 1000


class Plant(NamedTuple):
    """A repository, folder or file that would run a program, or could. `path` is relative to the root.

    `reasons` are the settings and hooks that name programs. `digest` changes with each of them.
    """

    path: str
    reasons: tuple[str, ...]
    digest: str
    effect: str = _PROGRAMS
    advice: str = _REMOVE

    def known_as(self) -> str:
        """Returns an identity that differs for other content and for another path."""
        short = len(self.path) <= _LONGEST
        return f"{self.digest} {self.path if short else _digest(self.path)}"

    def claim(self) -> str:
        """Returns the finding and why it matters, without the period."""
        more = ", …" if len(self.reasons) > _SHOWN else ""
        what = ", ".join(_short(each) for each in self.reasons[:_SHOWN]) + more
        return f"{_short(self.path)} {self.effect} ({what})"

    def sentence(self) -> str:
        """Returns the finding, why it matters and what to do, in one line."""
        return f"{self.claim()}. {self.advice}"


def find(root: str, with_root: bool = False, limits: Limits = LIMITS) -> list[Plant]:
    """Returns all of them below a project's root, sorted by path.

    `with_root` includes the root's own `.git`, for a project that was not a repository when its container
    started. Folders and files that cannot be read are findings too, and so is a search that did not finish.
    """
    found: dict[str, Plant] = {}
    try:
        for place, plant in _plants(root, with_root, limits):
            found.setdefault(place, plant)
            if len(found) == _MOST:
                found[""] = _unfinished(f"it stopped after {_MOST} findings")
                break
    except Exception as error:
        # The agent made what is searched. A search that it stopped must not seem to have found nothing.
        found[""] = _unfinished(f"{type(error).__name__}: {error}")
    return sorted(found.values())


def _plants(root: str, with_root: bool, limits: Limits) -> Iterator[tuple[str, Plant]]:
    """Yields findings, each with a text that is the same for two ways to the same one."""
    own = _OwnGit("" if with_root else root)
    yield from _waiting(root, repositories.git_directory(os.path.join(root, ".git")))
    for folder in tree_search.folders(root, own.read_only(root), limits):
        if folder.error:
            yield folder.path, _not_read(root, folder.path, folder.error)
        for link in _links(folder):
            if with_root or link != os.path.join(root, ".git"):
                yield from _behind(root, link, link, own)
        if repositories.could_be_bare(folder.folders, folder.others):
            yield from _behind(root, folder.path, "", own)


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

    def has(self, git: str) -> bool:
        """Returns whether a real path is one of them."""
        return git in self._gits


def _links(folder: Folder) -> Iterator[str]:
    # A file system may ignore case, and then git finds its folder under any spelling. `.GIT` is searched as
    # well, since elsewhere it is an ordinary folder.
    for name in (*folder.folders, *folder.others):
        if name.lower() == ".git":
            yield os.path.join(folder.path, name)


def _behind(root: str, path: str, link: str, own: _OwnGit) -> Iterator[tuple[str, Plant]]:
    """Yields the findings about the repository at a path, or behind a `.git`."""
    try:
        git = repositories.git_directory(link) if link else path
        if git and repositories.is_git_directory(git):
            yield from _about(root, path, git, own)
            yield from _waiting(root, git)
    except UnreadableError as error:
        yield path, _not_read(root, path, str(error))


def _about(root: str, path: str, git: str, own: _OwnGit) -> Iterator[tuple[str, Plant]]:
    real = os.path.realpath(git)
    if not own.has(real):
        found = inspection.settings_and_hooks(git)
        if found.reasons():
            yield real, _plant(root, path, found)


def _waiting(root: str, git: str) -> Iterator[tuple[str, Plant]]:
    for folder, found in inspection.waiting(git):
        yield os.path.realpath(folder), _plant(root, folder, found)


def _plant(root: str, path: str, found: Inspected) -> Plant:
    effect = _PROGRAMS if found.programs else _ELSEWHERE if found.elsewhere else _UNREADABLE
    return Plant(os.path.relpath(path, root), found.reasons(), found.digest(), effect)


def _not_read(root: str, path: str, reason: str) -> Plant:
    if path == root:
        return _unfinished(reason)
    return Plant(os.path.relpath(path, root), (reason,), _digest(reason), _UNREADABLE)


def _unfinished(reason: str) -> Plant:
    # Without the reason, which counts files: a person who knows of it need not hear of it each time.
    return Plant(".", (reason,), _digest("unfinished"), _UNFINISHED, _SHRINK)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _short(text: str) -> str:
    half = _LONGEST // 2
    return printable(text if len(text) <= _LONGEST else f"{text[:half]} … {text[-half:]}")
