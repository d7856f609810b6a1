"""The Python that the helpers run on, remembered so that the next start need not search."""

from __future__ import annotations

import os
import sys

from bootstrap import cache


def real() -> str:
    """Return this process's interpreter as a program of its own.

    Neither a virtual environment's link, which goes away with it, nor the shim of a version manager.
    """
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def remember() -> None:
    """Write down the interpreter for `run.sh`, unless the one it knows still works."""
    path = cache.path("python")
    if os.access(_read(path), os.X_OK):
        return
    os.makedirs(cache.directory(), exist_ok=True)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w") as file:
        file.write(real() + "\n")
    os.replace(temporary, path)


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.readline().rstrip("\n")
    except OSError:
        return ""
