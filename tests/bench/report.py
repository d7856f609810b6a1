"""What a benchmark measured: a table for people, JSON for programs."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One measured thing, a value for each round; `ratio` is how many times the row `to` it is."""

    what: str
    unit: str
    values: Sequence[float]
    to: str = ""
    ratio: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """Return the median of all rounds, in `unit`."""
        return statistics.median(self.values)

    def line(self) -> str:
        """Return the row as a line of the table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x {self.to}"
        cells = (self.what, f"{_digits(self.median)} {self.unit}", self._range(), f"{len(self.values)}x")
        text = f"{cells[0]:<46}{cells[1]:>14}{cells[2]:>20}{cells[3]:>5}   {ratio}"
        return f"{text}{'; ' if ratio and self.note else ''}{self.note}".rstrip()

    def _range(self) -> str:
        few = len(self.values) < 2
        return "" if few else f"{_digits(min(self.values))}-{_digits(max(self.values))}"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


@dataclass
class Report:
    """Sections of rows, in the order in which they were measured."""

    sections: dict[str, list[Row]] = field(default_factory=dict)
    load_before: tuple[float, float, float] = field(default_factory=os.getloadavg)

    def add(self, section: str, row: Row) -> Row:
        """Append a row and return it."""
        self.sections.setdefault(section, []).append(row)
        return row

    def table(self) -> str:
        """Return everything as text, with the load that it was measured under."""
        load = f"load {self.load_before[0]:.1f} before and {os.getloadavg()[0]:.1f} after"
        lines = [f"{os.cpu_count()} processors, {load}; medians, then least and most of all rounds"]
        for section, rows in self.sections.items():
            lines += ["", section, *(f"  {row.line()}" for row in rows)]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write everything as JSON: processors, load, and under each section its rows with their medians."""
        sections = {
            section: [{**asdict(row), "median": row.median} for row in rows]
            for section, rows in self.sections.items()
        }
        load = {"before": self.load_before, "after": os.getloadavg()}
        whole = {"processors": os.cpu_count(), "load": load, "sections": sections}
        path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
