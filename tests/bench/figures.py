"""`build/figures/figures.json`: what was measured, benchmark by benchmark, each with what it ran on.

Git ignores that folder: its content belongs to a release, and nobody reviews it.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .benches import BENCHES

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/figures"
FILE = BUILD / "figures.json"

# How many times the difference that nine in ten pairs of passes stay below; `wander` has the reason.
MARGIN = 1.5

Figures = dict[str, Any]
"""`machine` and `versions` (names to values), and `benches`: names to `command`, `date`, `commit`, `seconds`,
`load`, `outcome` and `sections`, which are titles with lists of rows (`Row.as_json`)."""


class Place(NamedTuple):
    """Where a row stands."""

    bench: str
    section: str
    what: str


def load(path: Path = FILE) -> Figures:
    """Return what was measured."""
    found: Figures = json.loads(path.read_text(encoding="utf-8"))
    return found


def save(figures: Figures, path: Path = FILE) -> None:
    """Write it, with numbers as long as they mean something."""
    text = json.dumps(_rounded(figures), indent=1, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def merged(old: Figures | None, new: Figures) -> Figures:
    """Return *new* with the benchmarks of *old* that it lacks, where both ran on the same."""
    same = old is not None and all(old[what] == new[what] for what in ("machine", "versions"))
    found = {**(old["benches"] if old and same else {}), **new["benches"]}
    return {**new, "benches": {bench.name: found[bench.name] for bench in BENCHES if bench.name in found}}


def rows(figures: Figures) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Return every row with its place: twice the same in a section differs in what it is compared to."""
    for bench, measured in figures["benches"].items():
        for section, found in measured["sections"].items():
            for row in found:
                yield Place(bench, section, f"{row['what']} ({row['to']})"), row


def wander(figures: Figures) -> float:
    """Return the share by which no claim of another run should differ from one of this run.

    Two passes of one run, with nothing changed, differ by the scatter of each of them, which is the square
    root of two times the scatter of one. Two runs of two passes differ by the scatter of one pass. So the
    share that holds nine in ten pairs of passes holds 98 in 100 pairs of runs (1.645 times the root of two is
    2.3 deviations), and `MARGIN` times as much holds 999 in 1,000 and more, which a page of
    a hundred rows needs.
    """
    apart = [row["apart"] for _, row in rows(figures) if row["timed"] and row["apart"] is not None]
    return MARGIN * statistics.quantiles(apart, n=10)[-1] if len(apart) > 1 else 0.0


def spread(row: dict[str, Any], wanders: float) -> tuple[float, float] | None:
    """Return where the claim of another run is expected: of two passes, at least by *wanders* around its own.

    None for what the others are compared with, which claims nothing.
    """
    if row["spread"] is None:
        return None
    low, high = row["spread"]
    room = row["claim"] * wanders if row["timed"] and row["apart"] is not None else 0
    return min(low, row["claim"] - room), max(high, row["claim"] + room)


def _rounded(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, (list, tuple)) else value
