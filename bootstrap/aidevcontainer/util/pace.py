"""A limit for how often something may happen."""

from __future__ import annotations


class Pace:
    """Lets `most` things through in each `seconds`, and counts the others. Times are in seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._until = 0.0
        self._passed = 0
        self._held = 0

    def lets_through(self, now: float) -> bool:
        """Returns whether one more may happen now."""
        if now >= self._until and not self._held:
            self._until, self._passed = now + self._seconds, 0
        if now < self._until and self._passed < self._most:
            self._passed += 1
            return True
        self._held += 1
        return False

    def held_back(self, now: float) -> int:
        """Returns how many did not happen in the time that is over; 0 while it lasts."""
        if now < self._until:
            return 0
        held, self._held = self._held, 0
        return held
