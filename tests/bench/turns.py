"""Rounds of things measured in turn: what disturbs one of them disturbs the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

QUICK = 3


@dataclass(frozen=True)
class Rounds:
    """How often something is measured: *asked* times, else few times, else as often as the benchmark says."""

    asked: int | None = None
    quick: bool = False

    def __call__(self, usual: int) -> int:
        """Return the number of rounds for what is usually measured so often."""
        return self.asked or (min(usual, QUICK) if self.quick else usual)


def measure(rounds: int, ways: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Return what every way (by its name) came to in each round, after one round that does not count."""
    took: dict[str, list[float]] = {what: [] for what in ways}
    for turn in range(rounds + 1):
        for what, way in ways.items():
            value = way()
            if turn:
                took[what].append(value)
    return took


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
