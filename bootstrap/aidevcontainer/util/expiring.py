"""Words to remember for a time, in memory that does not grow without a limit."""

from __future__ import annotations

_MOST = 1000


class Expiring:
    """Words, each with the time until which it counts. Of too many, the oldest goes."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def has(self, word: str, now: float) -> bool:
        """Returns whether a word counts now."""
        return now < self._until.get(word, now)

    def add(self, word: str, until: float) -> None:
        """Adds a word, or gives it another time."""
        self._until.pop(word, None)
        self._until[word] = until
        if len(self._until) > _MOST:
            del self._until[next(iter(self._until))]
