"""What the broker writes down: refusals and failures, one JSON object a line, and no more than a reader can
stand.

Processes that serve a command send their lines as datagrams to the broker's main process, which lets through
a burst and then a few lines a second, and counts what it leaves out. A sender never waits: what finds no room
is lost.
"""

from __future__ import annotations

import _socket as socket
import contextlib
import json
import os
import time
from collections.abc import Callable
from typing import Any

BURST = 100
PER_SECOND = 2.0
_LONGEST = 300  # characters of one value
_DATAGRAM = 8192


class Journal:
    """The writing end, shared by all processes."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def record(self, event: str, command: str, reason: str) -> None:
        """Write a line: `event` is `refused`, `failed` or `ended`."""
        self.note(event=event, command=command[:_LONGEST], reason=reason[:_LONGEST])

    def note(self, **fields: object) -> None:
        """Send what the main process must know, whether it becomes a line or not."""
        with contextlib.suppress(OSError):
            self._end.send(json.dumps(fields).encode(), socket.MSG_DONTWAIT)


class Reader:
    """The reading end, in the main process. `fileno` is for waiting on it."""

    def __init__(self, end: socket.socket, write: Callable[[bytes], None]) -> None:
        self._end = end
        self._write = write
        self._limit = Limit(BURST, PER_SECOND)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._end.fileno()

    def notes(self) -> list[dict[str, Any]]:
        """Write down the lines that came, and return whatever else did."""
        other = []
        for _ in range(BURST):
            try:
                fields = json.loads(self._end.recv(_DATAGRAM, socket.MSG_DONTWAIT))
            except (OSError, ValueError):
                break
            if "event" in fields:
                self.line(fields)
            else:
                other.append(fields)
        return other

    def line(self, fields: dict[str, Any]) -> None:
        """Write a line, unless there were too many of late."""
        passes, left_out = self._limit.take(time.monotonic())
        if not passes:
            return
        if left_out:
            self._put({"event": "left out", "lines": left_out})
        self._put(fields)

    def _put(self, fields: dict[str, Any]) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._write(json.dumps({"time": now, **fields}).encode() + b"\n")


class Limit:
    """Lets a burst through and then so many a second."""

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._tokens = float(burst)
        self._at: float | None = None
        self._left_out = 0

    def take(self, now: float) -> tuple[bool, int]:
        """Return whether one more passes at a time in seconds, and how many before it did not."""
        passed = now - self._at if self._at is not None else 0.0
        self._tokens = min(self._burst, self._tokens + passed * self._per_second)
        self._at = now
        if self._tokens < 1:
            self._left_out += 1
            return False, 0
        self._tokens -= 1
        left_out, self._left_out = self._left_out, 0
        return True, left_out


def pair(write: Callable[[bytes], None]) -> tuple[Journal, Reader]:
    """Return both ends. *write* gets whole lines."""
    writing, reading = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return Journal(writing), Reader(reading, write)


def to_stderr(line: bytes) -> None:
    """Write a line to standard error, or lose it when nobody reads."""
    with contextlib.suppress(OSError):
        os.write(2, line)
