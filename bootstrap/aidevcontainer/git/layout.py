"""Finds a project's git directory: beside its files, shared with other worktrees, or in a superproject.

A `.git` file points to a place outside the project, which is then mounted. The agent could have written that
file, so it counts only if the other side, which the agent cannot write, points back.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from aidevcontainer.git import directory, host_config
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem


class Place(NamedTuple):
    """Real paths on the host. `git` is this work tree's own git directory. `common` is the git directory with
    hooks and configuration, which is the same unless this is a linked worktree."""

    git: str
    common: str

    @property
    def linked(self) -> bool:
        """Returns whether this is a linked worktree."""
        return self.git != self.common


class NoGit(NamedTuple):
    """Why git does not work inside, as a sentence; empty where the project is not a repository."""

    remark: str


def find(root: str) -> Place | NoGit:
    """Returns the git directory for a project's real path. Raises Problem where git was redirected."""
    git = os.path.join(root, ".git")
    if os.path.islink(git):
        return NoGit(
            f"Git does not work inside the container: {git} is a symbolic link. "
            "Replace it with a real folder."
        )
    if os.path.isdir(git):
        return _checked(Place(git, git))
    if os.path.isfile(git):
        return _behind(root, git)
    return NoGit("")


def target(file: str) -> str:
    """Returns the real path that a `.git` file points to, or empty."""
    text = read(file)
    if not text.startswith("gitdir: "):
        return ""
    return os.path.realpath(os.path.join(os.path.dirname(file), text[len("gitdir: ") :]))


def read(file: str) -> str:
    """Returns a small file's text without its line break, or empty where it cannot be read."""
    try:
        data = files.read_start(file, 65536) or b""
    except OSError:
        return ""
    return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").rstrip("\n")


def within(path: str, folder: str) -> bool:
    """Returns whether a real path is below a real folder."""
    return path.startswith(folder.rstrip("/") + "/")


def covers(folder: str, path: str) -> bool:
    """Returns whether a real path is a real folder, or below it."""
    return path == folder or within(path, folder)


def _behind(root: str, file: str) -> Place | NoGit:
    git = target(file)
    if not git or not os.path.isdir(git):
        return NoGit(
            f"Git does not work inside the container: {file} points to {git or 'no path'}, where there is no "
            "git directory. If you moved the repository, run in it: git worktree repair"
        )
    if within(git, root):
        return _checked(Place(git, git))
    return _worktree(root, git) if os.path.isfile(os.path.join(git, "gitdir")) else _submodule(root, git)


def _worktree(root: str, git: str) -> Place | NoGit:
    back = os.path.join(git, read(os.path.join(git, "gitdir")))
    common = os.path.realpath(os.path.join(git, read(os.path.join(git, "commondir"))))
    if os.path.dirname(os.path.dirname(git)) != common:
        raise Problem(
            f"{git}/commondir points git to {common}, not to its own repository. Git never writes that. Find "
            "out which program did, and fix the file before you run git."
        )
    if os.path.realpath(back) != os.path.join(root, ".git"):
        return _not_mutual(git, "git worktree repair")
    return _checked(Place(git, common))


def _submodule(root: str, git: str) -> Place | NoGit:
    named = host_config.work_tree(git)
    if not named or os.path.realpath(named) != root:
        return _not_mutual(git, f"git config --file {git}/config core.worktree {root}")
    return _checked(Place(git, git))


def _not_mutual(git: str, command: str) -> NoGit:
    return NoGit(
        f"Git does not work inside the container: {git} does not point back to this directory. If they "
        f"belong together, run: {command}"
    )


def _checked(place: Place) -> Place:
    found = read(os.path.join(place.common, "commondir"))
    if found in ("", *directory.HERE):
        return place
    raise Problem(
        f"{place.common}/commondir points git to another directory ({found}), whose configuration and hooks "
        "your git would obey. Git never writes that. Find out which program did, and remove the file before "
        "you run git."
    )
