"""What of git the container gets to see, as variables of the Compose file.

Hooks and configuration are programs that the host runs, so they are read-only inside. The Compose file's own
defaults fit a plain checkout.
"""

from __future__ import annotations

import os
from typing import NamedTuple

NAMES = tuple(f"AIDEVCONTAINER_GIT{part}{at}" for part in ("", "_HOOKS", "_CONFIG") for at in ("", "_AT"))

# Compose cannot leave a mount out, but it can put one where nobody looks.
_NOTHING = "/dev/null"
_NOWHERE = "/run/aidevcontainer/no-git"


class Mounts(NamedTuple):
    """Variables for `.env`, and a sentence for the user where git does not work inside."""

    variables: dict[str, str]
    remark: str


def prepare(root: str) -> Mounts:
    """Return the mounts of a directory, creating what a plain checkout needs but lacks."""
    git = os.path.join(root, ".git")
    if os.path.isdir(git):
        _complete(git)
        return Mounts({}, "")
    if os.path.isfile(git):
        return Mounts(
            _only_the_link(git), "This is a linked worktree or a submodule: git does not work inside yet."
        )
    return Mounts(_without_git(), "")


def _complete(git: str) -> None:
    # Docker would create a missing source as root; and a missing one could be made by the agent.
    os.makedirs(os.path.join(git, "hooks"), exist_ok=True)
    configuration = os.path.join(git, "config")
    if not os.path.exists(configuration):
        open(configuration, "x").close()


def _without_git() -> dict[str, str]:
    variables: dict[str, str] = {}
    for part in ("", "_HOOKS", "_CONFIG"):
        variables[f"AIDEVCONTAINER_GIT{part}"] = _NOTHING
        variables[f"AIDEVCONTAINER_GIT{part}_AT"] = _NOWHERE + part.lower().replace("_", "-")
    return variables


def _only_the_link(git: str) -> dict[str, str]:
    # The file says where the host's git looks for its hooks: not for the agent to rewrite.
    return {
        **_without_git(),
        "AIDEVCONTAINER_GIT_CONFIG": git,
        "AIDEVCONTAINER_GIT_CONFIG_AT": "/workspace/.git",
    }
