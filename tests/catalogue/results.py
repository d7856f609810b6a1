"""What runs of the catalogue came to, by engine: kept in `results.yml`, shown in the documentation."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import NamedTuple

import yaml

FILE = Path(__file__).parent / "results.yml"


class Run(NamedTuple):
    """One run: how many attacks worked outside and failed inside, and refusals' times in milliseconds."""

    engine: str
    attacks: int
    median: int
    slowest: int


def runs() -> list[Run]:
    """Return what is recorded."""
    return [Run(**each) for each in yaml.safe_load(FILE.read_text(encoding="utf-8")) or []]


def record(engine: str, path: Path) -> None:
    """Record a run's results (`--catalogue-json`) in place of the last one on that engine."""
    found = json.loads(path.read_text(encoding="utf-8"))
    times = [each["milliseconds"] for each in found if each["milliseconds"] is not None]
    new = Run(engine, len(found), round(statistics.median(times)), max(times))
    kept = [run for run in runs() if run.engine != engine] if FILE.exists() else []
    lines = [run._asdict() for run in sorted([*kept, new])]
    FILE.write_text(yaml.safe_dump(lines, sort_keys=False), encoding="utf-8")


def table() -> str:
    """Return them as Markdown."""
    head = "| Engine | Attacks that failed | Refused in, median | slowest |\n| --- | --- | --- | --- |\n"
    rows = (f"| {run.engine} | {run.attacks} | {run.median} ms | {run.slowest} ms |\n" for run in runs())
    return head + "".join(rows)
