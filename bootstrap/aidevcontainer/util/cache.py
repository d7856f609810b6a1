"""The user's cache directory: installed helpers, logs, locks, the private engine."""

from __future__ import annotations

import os

from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem


def directory() -> str:
    """Returns `$XDG_CACHE_HOME/aidevcontainer`, by default `~/.cache/aidevcontainer`. It may be missing.

    Never a path relative to the working directory, where the agent can write. Raises Problem for a user
    without a home folder.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    if not os.path.isabs(base):
        raise Problem("This user has no home folder. Set HOME or XDG_CACHE_HOME to an absolute path.")
    return os.path.join(base, "aidevcontainer")


def path(*parts: str) -> str:
    """Returns a path inside the cache directory."""
    return os.path.join(directory(), *parts)


def forget(*parts: str) -> None:
    """Removes a file of the cache directory, if there is one and it can be removed."""
    files.remove(path(*parts))
