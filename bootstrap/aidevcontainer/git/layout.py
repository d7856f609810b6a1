"""Where a project's git directory is: beside its files, shared with other worktrees, or in a superproject.

A `.git` file leads to a place outside of the project, which is then mounted. The agent could have written
that file where there was none before, so it is believed only when the other side, which the agent cannot
write, leads back.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from aidevcontainer.git import host_config
from aidevcontainer.util.errors import Problem


class Place(NamedTuple):
    """Real paths on the host. `git` is this work tree's own git directory; `common` is the one with hooks
    and configuration: the same unless this is a linked worktree."""

    git: str
    common: str

    @property
    def linked(self) -> bool:
        """Whether this is a linked worktree."""
        return self.git != self.common


class NoGit(NamedTuple):
    """Why git does not work inside; empty where there is nothing to say."""

    remark: str


def find(root: str) -> Place | NoGit:
    """Look at a project's real path. Raises Problem where git was led astray."""
    git = os.path.join(root, ".git")
    if os.path.islink(git):
        return NoGit(f"{git} is a symbolic link, so git does not work inside the container.")
    if os.path.isdir(git):
        return _checked(Place(git, git))
    if os.path.isfile(git):
        return _behind(root, git)
    return NoGit("")


def target(file: str) -> str:
    """Return the real path that a `.git` file leads to, or empty."""
    text = read(file)
    if not text.startswith("gitdir: "):
        return ""
    return os.path.realpath(os.path.join(os.path.dirname(file), text[len("gitdir: ") :]))


def read(file: str) -> str:
    """Return a small file's text without its line break, or empty where there is none."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            return opened.read(65536).rstrip("\n")
    except OSError:
        return ""


def within(path: str, folder: str) -> bool:
    """Tell whether a real path lies below a real folder."""
    return path.startswith(folder.rstrip("/") + "/")


def _behind(root: str, file: str) -> Place | NoGit:
    git = target(file)
    if not git or not os.path.isdir(git):
        return NoGit(
            f"{file} leads to {git or 'nowhere'}, where there is no git directory, so git does not work "
            "inside the container. If the repository was moved, run in it: git worktree repair"
        )
    if within(git, root):
        return _checked(Place(git, git))
    return _worktree(root, git) if os.path.isfile(os.path.join(git, "gitdir")) else _submodule(root, git)


def _worktree(root: str, git: str) -> Place | NoGit:
    back = os.path.join(git, read(os.path.join(git, "gitdir")))
    common = os.path.realpath(os.path.join(git, read(os.path.join(git, "commondir"))))
    if os.path.dirname(os.path.dirname(git)) != common:
        raise Problem(
            f"{git}/commondir leads git to {common}, and not to the repository that it lies in. Git never "
            "writes that: look who did, and repair the file before you run git."
        )
    if os.path.realpath(back) != os.path.join(root, ".git"):
        return _not_ours(git, "git worktree repair")
    return _checked(Place(git, common))


def _submodule(root: str, git: str) -> Place | NoGit:
    named = host_config.work_tree(git)
    if not named or os.path.realpath(named) != root:
        return _not_ours(git, f"git config --file {git}/config core.worktree {root}")
    return _checked(Place(git, git))


def _not_ours(git: str, command: str) -> NoGit:
    return NoGit(
        f"Git does not work inside the container: {git} does not know this directory. If it belongs to this "
        f"directory, run: {command}"
    )


def _checked(place: Place) -> Place:
    found = read(os.path.join(place.common, "commondir"))
    if found in ("", "."):
        return place
    raise Problem(
        f"{place.common}/commondir leads git to another directory ({found}), whose configuration and hooks "
        "your git would obey. Git never writes that: look who did, and remove it before you run git."
    )
