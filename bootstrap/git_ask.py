"""What git's configuration on the host says, for everything that is mounted because of it."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap import git_repository
from bootstrap.problem import Problem

# As root in another's repository git would say nothing of its configuration, and what the owner's git obeys
# would be the agent's to write. Reading it runs no program.
READ_ANYWAY = ("-c", "safe.directory=*")


def hooks_path(root: str) -> str:
    """Return core.hooksPath as git expands it, or empty."""
    return _output(root, "--type=path", "--get", "core.hooksPath")


def work_tree(git: str) -> str:
    """Return the work tree that a git directory's own configuration names, as an absolute path, or empty."""
    # From a place that is in no repository: git ends at a broken one, though this question is about a file.
    found = _output("/", "--file", os.path.join(git, "config"), "--get", "core.worktree")
    return os.path.normpath(os.path.join(git, found)) if found else ""


def _output(place: str, *question: str) -> str:
    try:
        return git_repository.output(Path(place), *READ_ANYWAY, "config", *question)
    except Problem:
        return ""  # no git on the host, and so none that could be led astray
