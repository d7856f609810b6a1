"""How much room folders take on a disk."""

from __future__ import annotations

import os
import time

_UNITS = ("B", "KB", "MB", "GB", "TB")
_SECONDS = 2.0


def of(folder: str, seconds: float = _SECONDS) -> tuple[int, bool]:
    """Returns the bytes that a folder takes, and whether the look at it was complete after `seconds`."""
    found: dict[tuple[int, int], int] = {}
    end = time.monotonic() + seconds
    for inner, folders, names in os.walk(folder):
        if time.monotonic() > end:
            return sum(found.values()), False
        for name in (*folders, *names):
            try:
                state = os.lstat(os.path.join(inner, name))
            except OSError:
                continue
            # A file may have several names.
            found[state.st_dev, state.st_ino] = state.st_blocks * 512
    return sum(found.values()), True


def words(size: int) -> str:
    """Returns a number of bytes for a person: `1.2 GB`."""
    value = float(size)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            return f"{value:.1f} {unit}" if value < 10 and unit != "B" else f"{value:.0f} {unit}"
        value /= 1000
    return f"{size} B"


def shown(folder: str) -> str:
    """Returns the size of a folder for a person, with `more than` where it takes too long to measure."""
    size, complete = of(folder)
    return words(size) if complete else f"more than {words(size)}"
