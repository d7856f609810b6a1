"""Whether two runs agree: each one's medians lie within the other's stated spread, or its ratios do.

The ratio is what a row with one claims. A virtual machine is slower at one hour than at another, by half in
two runs an hour apart, and both sides of a ratio with it.
"""

from __future__ import annotations

from typing import Any

from .figures import Figures, Place, drift, rows, spread
from .report import digits


def differences(old: Figures, new: Figures) -> tuple[list[str], int]:
    """Return a line for each row of both or of one, and how many do not agree."""
    first, second = _stated(old), _stated(new)
    lines, wrong = [], 0
    for place in dict.fromkeys([*first, *second]):
        verdict = _verdict(first.get(place), second.get(place))
        wrong += not verdict.startswith("agrees")
        lines.append(f"{place.bench} | {place.section} | {place.what.removesuffix(' ()')}: {verdict}")
    return lines, wrong


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
