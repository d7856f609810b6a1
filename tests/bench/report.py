"""What a benchmark measured: a table for people, JSON for programs."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

# Two runs differ by this share of a median although nothing changed; more where few rounds made the median.
NOISE, NOISE_OF_FEW, FEW = 0.1, 0.25, 5
# From so many rounds on the outer tenths are what disturbed single rounds, and say nothing of another median.
MANY = 20
# What a machine is slower at in one hour than in another. All else is counted.
TIMED_UNITS = ("ms", "s", "MB/s", "%")


@dataclass(frozen=True)
class Row:
    """One measured thing, a value for each round; `ratios` are how many times the row `to` each of them is.

    What a row claims for other runs on the same machine are its ratios, where it is compared: how long a
    thing takes is the machine's in that hour. What the others are compared with claims nothing. All other
    rows claim their values.

    `expect` is what was expected, as the rest of a sentence ("at most 0.75 of Compose"), and `least` and
    `most` are the same as numbers: of the median, or `of_ratio`. `tolerance` is what two runs may differ by
    at least, in `unit`, where a share of the median says nothing (a median of zero). `apart` is the share by
    which the medians of what two passes claim differed.
    """

    what: str
    unit: str
    values: Sequence[float]
    to: str = ""
    ratios: Sequence[float] = ()
    note: str = ""
    expect: str = ""
    least: float | None = None
    most: float | None = None
    of_ratio: bool = False
    tolerance: float = 0
    apart: float | None = None

    def expected(
        self, expect: str, *, least: float | None = None, most: float | None = None, of_ratio: bool = False
    ) -> Row:
        """Return this row with what is expected of it."""
        return replace(self, expect=expect, least=least, most=most, of_ratio=of_ratio)

    def joined(self, later: Row) -> Row:
        """Return this row with the rounds of another pass after its own."""
        values, ratios = [*self.values, *later.values], [*self.ratios, *later.ratios]
        return replace(self, values=values, ratios=ratios, apart=_apart(self.claimed, later.claimed))

    @property
    def median(self) -> float:
        """Return the median of all rounds, in `unit`."""
        return statistics.median(self.values)

    @property
    def ratio(self) -> float | None:
        """Return the median of the rounds' own ratios: what slowed a whole round down is in both."""
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def timed(self) -> bool:
        """Whether it is about time, which another hour changes."""
        return self.unit in TIMED_UNITS

    @property
    def claimed(self) -> Sequence[float]:
        """Return the rounds of what the row claims; none where it is what others are compared with."""
        return () if self.to and self.what == self.to else self.ratios or self.values

    @property
    def held(self) -> bool | None:
        """Whether what was expected came true; None where nothing was."""
        if not self.expect:
            return None
        value = self.ratio if self.of_ratio and self.ratio is not None else self.median
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    @property
    def claim(self) -> float | None:
        """Return the median of what the row claims."""
        return statistics.median(self.claimed) if self.claimed else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """Return from where to where the claim of another run is expected."""
        if not self.claimed:
            return None
        few = NOISE_OF_FEW if self.timed and len(self.claimed) < FEW else NOISE
        room = max(abs(statistics.median(self.claimed)) * few, 0 if self.ratios else self.tolerance)
        return around(self.claimed, room)

    def as_json(self) -> dict[str, object]:
        """Return all of it, with what follows from it."""
        names = ("median", "ratio", "claim", "spread", "timed", "held")
        reckoned = {name: getattr(self, name) for name in names}
        return {**asdict(self), "values": list(self.values), "ratios": list(self.ratios), **reckoned}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Row:
        """Return the row that was written so."""
        return cls(**{each.name: found[each.name] for each in fields(cls)})

    def line(self) -> str:
        """Return the row as a line of the table."""
        cells = (self.what, f"{digits(self.median)} {self.unit}", self._range(), f"{len(self.values)}x")
        ratio = "" if self.ratio is None else f"{times(self.ratio)} x {self.to}"
        kept = f"{'held' if self.held else 'MISSED'}: {self.expect}" if self.expect else ""
        text = f"{cells[0]:<46}{cells[1]:>14}{cells[2]:>20}{cells[3]:>5}   "
        return (text + "; ".join(filter(None, (ratio, kept, self.note)))).rstrip()

    def _range(self) -> str:
        few = len(self.values) < 2
        return "" if few else f"{digits(min(self.values))}-{digits(max(self.values))}"


def around(values: Sequence[float], room: float) -> tuple[float, float]:
    """Return the range of the rounds, and never less than *room* to either side of the median."""
    median = statistics.median(values)
    low, high = _range(values)
    return min(low, median - room), max(high, median + room)


def _range(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < MANY:
        return min(values), max(values)
    tenths = statistics.quantiles(values, n=10)
    return tenths[0], tenths[-1]


def _apart(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return the share by which one median is more than the other."""
    if not (first and second):
        return None
    low, high = sorted((statistics.median(first), statistics.median(second)))
    return high / low - 1 if low > 0 else None


def digits(value: float) -> str:
    """Return a number as people read it: three digits or so."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 1 else f"{value:.3f}"


def times(ratio: float) -> str:
    """Return a ratio as people read it: two digits behind the point, or the first two that are not zero."""
    return f"{ratio:.2f}" if abs(ratio) >= 0.1 else f"{ratio:.2g}"


def in_turn(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Return each round's own ratio."""
    return [value / other for value, other in zip(values, base, strict=False)]


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
    ) -> None:
        """Append what was measured in turn (names to values), with ratios to the one named *to*.

        *most* are the greatest ratios expected, by name.
        """
        for what, values in took.items():
            row = Row(what, unit, values, to, in_turn(values, took[to]), note)
            limit = (most or {}).get(what)
            if limit is not None:
                row = row.expected(f"at most {limit:g} of {to}", most=limit, of_ratio=True)
            self.add(section, row)

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

    def as_json(self) -> dict[str, list[dict[str, object]]]:
        """Return the rows of each section."""
        return {title: [row.as_json() for row in rows] for title, rows in self.sections.items()}

    def write(self, path: Path) -> None:
        """Write everything as JSON: load, and under each section its rows with their medians and spreads."""
        load = {"before": self.load_before[0], "after": os.getloadavg()[0]}
        whole = {"load": load, "failed_tests": self.failed_tests, "sections": self.as_json()}
        path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
