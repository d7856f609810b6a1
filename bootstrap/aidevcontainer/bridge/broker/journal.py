"""The broker's log of refusals and failures: one JSON object a line, at a limited rate.

Processes that serve a command send their lines as datagrams to the broker's main process. It writes a burst
and then a few lines a second, and counts the lines that it leaves out. A sender never waits: a line that does
not fit into the socket's buffer is lost.
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
    """The writing end, which all processes share."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def record(self, event: str, command: str, reason: str) -> None:
        """Writes a line. `event` is `refused` or `failed`."""
        self.note(event=event, command=command[:_LONGEST], reason=reason[:_LONGEST])

    def note(self, **fields: object) -> None:
        """Sends fields to the main process. Without `event` they do not become a line."""
        with contextlib.suppress(OSError):
            self._end.send(json.dumps(fields).encode(), socket.MSG_DONTWAIT)


class JournalReader:
    """The reading end, in the main process."""

    def __init__(self, end: socket.socket, write: Callable[[bytes], None]) -> None:
        self._end = end
        self._write = write
        self._limit = RateLimit(BURST, PER_SECOND)

    def fileno(self) -> int:
        """Returns the descriptor, for a poll."""
        return self._end.fileno()

    def notes(self) -> list[dict[str, Any]]:
        """Writes the lines that arrived and returns the other notes."""
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
        """Writes a line, unless there were too many lately."""
        passes, left_out = self._limit.take(time.monotonic())
        if not passes:
            return
        if left_out:
            self._put({"event": "left out", "lines": left_out})
        self._put(fields)

    def _put(self, fields: dict[str, Any]) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._write(json.dumps({"time": now, **fields}).encode() + b"\n")


class RateLimit:
    """Lets a burst pass and then a number each second."""

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._tokens = float(burst)
        self._at: float | None = None
        self._left_out = 0

    def take(self, now: float) -> tuple[bool, int]:
        """Returns whether one more passes at a time in seconds, and how many did not since the last one."""
        passed = now - self._at if self._at is not None else 0.0
        self._tokens = min(self._burst, self._tokens + passed * self._per_second)
        self._at = now
        if self._tokens < 1:
            self._left_out += 1
            return False, 0
        self._tokens -= 1
        left_out, self._left_out = self._left_out, 0
        return True, left_out


def pair(write: Callable[[bytes], None]) -> tuple[Journal, JournalReader]:
    """Returns both ends. `write` receives whole lines."""
    writing, reading = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return Journal(writing), JournalReader(reading, write)


def to_stderr(line: bytes) -> None:
    """Writes a line to standard error. It is lost where nobody reads."""
    with contextlib.suppress(OSError):
        os.write(2, line)
