"""Refused hosts that wait for a person's answer.

The agent may be refused thousands of names a minute, so everything here has a limit.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from aidevcontainer.firewall import refusals
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util.expiring import Expiring

_MOST_WAITING = 50


class WaitingRefusal(NamedTuple):
    """A refusal, the entry that would allow it, and its host."""

    entry: str
    host: str
    refusal: Refusal


class Waiting:
    """The refusals in the order in which they came, each entry once. Times are in seconds since 1970.

    `left_out` counts refusals that found no place, or came while nothing was to be asked.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._queue: dict[str, WaitingRefusal] = {}
        self._answered = Expiring()
        self._declined = Expiring()
        self._paused_until = 0.0

    def add(self, entry: str, refusal: Refusal, now: float) -> bool:
        """Adds a refusal that an entry would allow. Returns False if it waits already, or is not to wait."""
        host = refusals.host(refusal)
        if entry in self._queue or self._answered.has(entry, now) or self._declined.has(host, now):
            return False
        if len(self._queue) >= _MOST_WAITING or now < self._paused_until:
            self.left_out += 1
            return False
        self._queue[entry] = WaitingRefusal(entry, host, refusal)
        return True

    def next(self) -> WaitingRefusal | None:
        """Returns the refusal that has waited longest. It stays until it is answered."""
        return next(iter(self._queue.values()), None)

    def behind(self) -> list[WaitingRefusal]:
        """Returns the refusals that wait behind it."""
        return list(self._queue.values())[1:]

    def allowed(self, entry: str, until: float = math.inf) -> None:
        """Ends the wait of an entry. It is not asked about again before `until`."""
        self._queue.pop(entry, None)
        self._answered.add(entry, until)

    def decline(self, host: str) -> None:
        """Ends the wait of a host's entries, whatever their ports. It is not asked about again."""
        self._queue = {key: each for key, each in self._queue.items() if each.host != host}
        self._declined.add(host, math.inf)

    def pause(self, until: float) -> None:
        """Declines everything that waits, and takes nothing in before `until`."""
        for each in list(self._queue.values()):
            self.decline(each.host)
        self._paused_until = until

    def take_left_out(self, now: float) -> int:
        """Returns the count and starts at 0 again, as soon as nothing waits and questions may be asked."""
        if self._queue or now < self._paused_until:
            return 0
        count, self.left_out = self.left_out, 0
        return count
