"""Finding programs without shutil, which costs more at start than the search."""

from __future__ import annotations

import os


def find(name: str, path: str) -> str | None:
    """Return the first executable of this name on a search path."""
    for folder in path.split(os.pathsep):
        candidate = os.path.join(folder or ".", name)
        if os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return candidate
    return None
