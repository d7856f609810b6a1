"""What git's configuration on the host says, for everything that is mounted because of it."""

from __future__ import annotations

import os
from pathlib import Path

from aidevcontainer.git import runner
from aidevcontainer.util.errors import Problem


def anyway(root: str) -> tuple[str, ...]:
    """Return the options by which git reads a directory's configuration, whoever owns it.

    As root in another's repository it would say nothing, and what the owner's git obeys would be the agent's
    to write. Before 2.38 it heeds no safe.directory from here, but a git directory that is named may be
    anybody's. Reading runs no program.
    """
    place = os.path.join(root, ".git")
    return ("-c", "safe.directory=*", *(("--git-dir", place) if os.path.exists(place) else ()))


def hooks_path(root: str) -> str:
    """Return core.hooksPath as git expands it, or empty."""
    return _output(root, *anyway(root), "config", "--type=path", "--get", "core.hooksPath")


def work_tree(git: str) -> str:
    """Return the work tree that a git directory's own configuration names, as an absolute path, or empty."""
    # From a place that is in no repository: git ends at a broken one, though this question is about a file.
    found = _output("/", "config", "--file", os.path.join(git, "config"), "--get", "core.worktree")
    return os.path.normpath(os.path.join(git, found)) if found else ""


def _output(place: str, *question: str) -> str:
    try:
        return runner.output(Path(place), *question)
    except Problem:
        return ""  # no git on the host, and so none that could be led astray
