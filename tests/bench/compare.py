"""Whether two runs agree: each one's medians lie within the other's stated spread, or its ratios do.

The ratio is what a row with one claims. A virtual machine is slower at one hour than at another, by half in
two runs an hour apart, and both sides of a ratio with it. How much slower is seen by what is not ours, the
rows that others are compared with, and is taken out of all times before they are compared.
"""

from __future__ import annotations

import statistics
from typing import Any

from .figures import Figures, Place, drift, rows, spread
from .report import digits

# What a slower machine makes of a unit: longer, fewer, or nothing.
_TIMES, _RATES = ("ms", "s"), ("MB/s",)


def differences(old: Figures, new: Figures) -> tuple[list[str], int]:
    """Return a line for each row of both or of one, and how many do not agree."""
    first, second = _stated(old), _stated(new)
    slower = pace(old, new)
    second = {place: _at_pace(row, slower) for place, row in second.items()}
    lines, wrong = [], 0
    for place in dict.fromkeys([*first, *second]):
        verdict = _verdict(first.get(place), second.get(place))
        wrong += not verdict.startswith("agrees")
        lines.append(f"{place.bench} | {place.section} | {place.what.removesuffix(' ()')}: {verdict}")
    return lines, wrong


def pace(old: Figures, new: Figures) -> float:
    """Return how many times as long the second run's machine took, by what both compare others with."""
    first, second = dict(rows(old)), dict(rows(new))
    ratios = [
        second[place]["median"] / row["median"]
        for place, row in first.items()
        if place in second and row["what"] == row["to"] and row["unit"] in _TIMES and row["apart"] is not None
    ]
    return statistics.median(ratios) if ratios else 1.0


def _at_pace(row: dict[str, Any], slower: float) -> dict[str, Any]:
    factor = 1 / slower if row["unit"] in _TIMES else slower if row["unit"] in _RATES else 1.0
    return {**row, "median": row["median"] * factor, "spread": [value * factor for value in row["spread"]]}


def _stated(figures: Figures) -> dict[Place, dict[str, Any]]:
    wanders = drift(figures)
    return {place: {**row, "spread": spread(row, wanders)} for place, row in rows(figures)}


def _verdict(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    if old is None or new is None:
        return f"MISSING from the {'first' if old is None else 'second'}"
    agrees = _agree(old, new, "median", "spread") or _ratios_agree(old, new)
    medians = f"{digits(old['median'])} and {digits(new['median'])} {new['unit']}".rstrip()
    spreads = " and ".join(f"{digits(row['spread'][0])}-{digits(row['spread'][1])}" for row in (old, new))
    ratios = f", ratio {old['ratio']:.2f} and {new['ratio']:.2f}" if old["ratio"] and new["ratio"] else ""
    return f"{'agrees' if agrees else 'DIFFERS'}, {medians} (spread {spreads}){ratios}"


def _agree(old: dict[str, Any], new: dict[str, Any], value: str, bounds: str) -> bool:
    return _within(old[value], new[bounds]) and _within(new[value], old[bounds])


def _ratios_agree(old: dict[str, Any], new: dict[str, Any]) -> bool:
    # What the others are compared with is 1.00 of itself, whatever it took.
    if not (old["ratio"] and new["ratio"]) or old["what"] == old["to"]:
        return False
    return _agree(old, new, "ratio", "ratio_spread")


def _within(value: float, spread: list[float]) -> bool:
    return spread[0] <= value <= spread[1]
