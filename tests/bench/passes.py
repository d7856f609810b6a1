"""What several passes of one benchmark measured, put together as if it had been one with more rounds."""

from __future__ import annotations

from typing import Any

from .report import Report, Row

COMPLETE, MISSED, FAILED = "complete", "an expectation was missed", "failed"

Measured = dict[str, Any]
"""One benchmark in `docs/figures.json`."""


def joined(first: Measured, second: Measured) -> Measured:
    """Return both as one. What only one of them has stays as it is."""
    report = Report({title: list(map(Row.from_json, rows)) for title, rows in first["sections"].items()})
    for title, rows in second["sections"].items():
        for row in map(Row.from_json, rows):
            _join(report, title, row)
    outcome = FAILED if FAILED in (first["outcome"], second["outcome"]) else _outcome(report)
    load = {when: max(first["load"][when], second["load"][when]) for when in first["load"]}
    seconds = first["seconds"] + second["seconds"]
    return {**first, "seconds": seconds, "outcome": outcome, "load": load, "sections": report.as_json()}


def _join(report: Report, title: str, later: Row) -> None:
    rows = report.sections.setdefault(title, [])
    for place, row in enumerate(rows):
        if (row.what, row.to) == (later.what, later.to):
            rows[place] = row.joined(later)
            return
    rows.append(later)


def _outcome(report: Report) -> str:
    # What one pass missed by a little, both together may have held.
    return MISSED if report.missed() else COMPLETE
