"""The user's cache directory: installed helpers, logs, locks, the private engine."""

from __future__ import annotations

import os

from aidevcontainer.util import files


def directory() -> str:
    """Returns `$XDG_CACHE_HOME/aidevcontainer`, by default `~/.cache/aidevcontainer`. It may be missing."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "aidevcontainer")


def path(*parts: str) -> str:
    """Returns a path inside the cache directory."""
    return os.path.join(directory(), *parts)


def forget(*parts: str) -> None:
    """Removes a file of the cache directory, if there is one and it can be removed."""
    files.remove(path(*parts))
