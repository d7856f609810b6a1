"""What a benchmark measured: a table for people, JSON for programs."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

# Two runs differ by this share of a median although nothing changed; more where few rounds made the median.
NOISE, NOISE_OF_FEW, FEW = 0.1, 0.25, 5


@dataclass(frozen=True)
class Row:
    """One measured thing, a value for each round; `ratio` is how many times the row `to` it is.

    `expect` is what was expected, as the rest of a sentence ("at most 0.75 of Compose"), and `held` whether
    it came true. `tolerance` is what two runs may differ by at least, in `unit`, where a share of the median
    says nothing (a median of zero).
    """

    what: str
    unit: str
    values: Sequence[float]
    to: str = ""
    ratio: float | None = None
    note: str = ""
    expect: str = ""
    held: bool | None = None
    tolerance: float = 0

    def __post_init__(self) -> None:
        assert bool(self.expect) == (self.held is not None), f"{self.what}: an expectation and its outcome"

    def expected(self, expect: str, held: bool) -> Row:
        """Return this row with what was expected of it and whether that came true."""
        return replace(self, expect=expect, held=held)

    @property
    def median(self) -> float:
        """Return the median of all rounds, in `unit`."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """Return from where to where the median of another run is expected, in `unit`.

        From the least to the most of all rounds, and never narrower than what two runs differ by.
        """
        room = max(abs(self.median) * noise(len(self.values)), self.tolerance)
        return min(*self.values, self.median - room), max(*self.values, self.median + room)

    def as_json(self) -> dict[str, object]:
        """Return all of it with median and spread."""
        return {**asdict(self), "values": list(self.values), "median": self.median, "spread": self.spread}

    def line(self) -> str:
        """Return the row as a line of the table."""
        cells = (self.what, f"{digits(self.median)} {self.unit}", self._range(), f"{len(self.values)}x")
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x {self.to}"
        kept = f"{'held' if self.held else 'MISSED'}: {self.expect}" if self.expect else ""
        text = f"{cells[0]:<46}{cells[1]:>14}{cells[2]:>20}{cells[3]:>5}   "
        return (text + "; ".join(filter(None, (ratio, kept, self.note)))).rstrip()

    def _range(self) -> str:
        few = len(self.values) < 2
        return "" if few else f"{digits(min(self.values))}-{digits(max(self.values))}"


def noise(rounds: int) -> float:
    """Return the share by which two runs of so many rounds differ although nothing changed."""
    return NOISE if rounds >= FEW else NOISE_OF_FEW


def digits(value: float) -> str:
    """Return a number as people read it: three digits or so."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 1 else f"{value:.3f}"


def in_turn(values: Sequence[float], base: Sequence[float]) -> float:
    """Return the median of the rounds' own ratios: what slowed a whole round down is in both."""
    return statistics.median(value / other for value, other in zip(values, base))


@dataclass
class Report:
    """Sections of rows, in the order in which they were measured; kept in a file where there is one."""

    sections: dict[str, list[Row]] = field(default_factory=dict)
    load_before: tuple[float, float, float] = field(default_factory=os.getloadavg)
    file: Path | None = None
    # Known at the end: how many tests did not come to theirs.
    failed_tests: int | None = None

    def add(self, section: str, row: Row) -> Row:
        """Append a row and return it."""
        self.sections.setdefault(section, []).append(row)
        if self.file:
            # At once: what comes after may fail, or be ended.
            self.write(self.file)
        return row

    def compare(
        self,
        section: str,
        unit: str,
        took: Mapping[str, Sequence[float]],
        to: str,
        most: Mapping[str, float] | None = None,
        note: str = "",
    ) -> dict[str, float]:
        """Append what was measured in turn (names to values); return each one's ratio to the one named *to*.

        *most* are the greatest ratios expected, by name.
        """
        ratios = {what: in_turn(values, took[to]) for what, values in took.items()}
        for what, values in took.items():
            limit = (most or {}).get(what)
            expect = "" if limit is None else f"at most {limit:g} of {to}"
            held = None if limit is None else ratios[what] <= limit
            self.add(section, Row(what, unit, values, to, ratios[what], note, expect, held))
        return ratios

    def missed(self) -> list[str]:
        """Return the rows whose expectation did not come true, as lines."""
        return [row.line() for rows in self.sections.values() for row in rows if row.held is False]

    def table(self) -> str:
        """Return everything as text, with the load that it was measured under."""
        load = f"load {self.load_before[0]:.1f} before and {os.getloadavg()[0]:.1f} after"
        lines = [f"{os.cpu_count()} processors, {load}; medians, then least and most of all rounds"]
        for section, rows in self.sections.items():
            lines += ["", section, *(f"  {row.line()}" for row in rows)]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write everything as JSON: load, and under each section its rows with their medians and spreads."""
        sections = {section: [row.as_json() for row in rows] for section, rows in self.sections.items()}
        load = {"before": self.load_before[0], "after": os.getloadavg()[0]}
        whole = {"load": load, "failed_tests": self.failed_tests, "sections": sections}
        path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
