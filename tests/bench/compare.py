"""Whether two runs agree: each one's claims lie within the other's stated spread.

A virtual machine is slower at one hour than at another, by a third in two runs an hour apart, and not in
everything alike. So a row claims its ratio to what was measured in the same rounds (see `report.Row`), and
what the others are compared with claims nothing: that others' programs take a third less in another hour is
true of the machine, not of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .figures import Figures, Place, rows, spread, wander
from .report import digits, times


class Verdict(NamedTuple):
    """What is to be said of a row, and whether it agrees; None for a row that claims nothing."""

    place: Place
    text: str
    agrees: bool | None

    @property
    def line(self) -> str:
        """Return it as a line."""
        return (
            f"{self.place.bench} | {self.place.section} | {self.place.what.removesuffix(' ()')}: {self.text}"
        )


def verdicts(old: Figures, new: Figures) -> Iterator[Verdict]:
    """Return one for each row of both or of one."""
    first, second = _stated(old), _stated(new)
    for place in dict.fromkeys([*first, *second]):
        if place in first and place in second:
            yield _verdict(place, first[place], second[place])
        else:
            yield Verdict(place, f"MISSING from the {'second' if place in first else 'first'}", agrees=False)


def _stated(figures: Figures) -> dict[Place, dict[str, Any]]:
    wanders = wander(figures)
    return {place: {**row, "spread": spread(row, wanders)} for place, row in rows(figures)}


def _verdict(place: Place, old: dict[str, Any], new: dict[str, Any]) -> Verdict:
    medians = f"{digits(old['median'])} and {digits(new['median'])} {new['unit']}".rstrip()
    if old["spread"] is None or new["spread"] is None:
        return Verdict(place, f"{medians}, which others are compared with", agrees=None)
    agrees = _within(old["claim"], new["spread"]) and _within(new["claim"], old["spread"])
    return Verdict(place, f"{'agrees' if agrees else 'DIFFERS'}, {medians}{_claims(old, new)}", agrees)


def _claims(old: dict[str, Any], new: dict[str, Any]) -> str:
    shown = digits if new["ratio"] is None else times
    spreads = " and ".join(" to ".join(map(shown, row["spread"])) for row in (old, new))
    ratios = (
        "" if new["ratio"] is None else f", {times(old['claim'])} and {times(new['claim'])} x {new['to']}"
    )
    return f"{ratios} (spread {spreads})"


def _within(value: float, spread: tuple[float, float]) -> bool:
    return spread[0] <= value <= spread[1]
