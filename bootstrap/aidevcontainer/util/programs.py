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


def outside(path: str, root: str) -> str:
    """Returns a search path without its folders below `root` (a real path), nor relative ones.

    direnv and virtual environments put folders of the repository on the PATH. The agent can write there and
    would choose the `git` that the host runs.
    """
    kept = [each for each in path.split(os.pathsep) if os.path.isabs(each) and not _is_within(each, root)]
    return os.pathsep.join(kept)


def _is_within(folder: str, root: str) -> bool:
    return (os.path.realpath(folder) + os.sep).startswith(root.rstrip(os.sep) + os.sep)
