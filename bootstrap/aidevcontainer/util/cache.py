"""The user's cache directory: helper packages, the remembered interpreter, logs, the private engine."""

from __future__ import annotations

import os


def directory() -> str:
    """Return `$XDG_CACHE_HOME/aidevcontainer`, by default `~/.cache/aidevcontainer`. It may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "aidevcontainer")


def path(*parts: str) -> str:
    """Return a path inside the cache directory."""
    return os.path.join(directory(), *parts)


def forget(*parts: str) -> None:
    """Remove a file of the cache directory, where there is one and it can be."""
    try:
        os.unlink(path(*parts))
    except OSError:
        return  # a few bytes that mean nothing to anybody
