"""A tree that is deeper than Python may recurse, as an agent can make one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def dug(root: Path, depth: int) -> Iterator[Path]:
    """Make folders `d/d/…` in *root*, and yield a way to the last one, however long its path is."""
    place = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=place)
        deeper = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = deeper
    try:
        yield Path(f"/proc/{os.getpid()}/fd/{place}")
    finally:
        os.close(place)
        # Pytest removes its folders by recursion.
        subprocess.run(["rm", "-rf", str(root / "d")], check=True)
