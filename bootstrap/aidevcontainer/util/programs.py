"""Finds programs without shutil, which takes longer to load than the search takes."""

from __future__ import annotations

import os


def find(name: str, path: str) -> str | None:
    """Returns the first executable with this name on a search path, None without one.

    Folders relative to the working directory do not count: the agent can write there.
    """
    for folder in path.split(os.pathsep):
        candidate = os.path.join(folder, name)
        if os.path.isabs(folder) and os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return candidate
    return None
