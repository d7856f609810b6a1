"""A lock between processes. The kernel releases it however its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aidevcontainer.util import cache


@contextmanager
def held(name: str, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Holds the lock with this name. Calls `on_wait` once before it waits for another holder."""
    folder = cache.path("locks")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"{name}.lock"), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
