"""Waiting for what happens in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(true: Callable[[], bool], seen: Callable[[], object], seconds: float = 15) -> None:
    """Wait for *true* to say so; after *seconds* fail with what *seen* returns."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, seen()
        time.sleep(0.1)
