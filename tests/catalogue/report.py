"""What a run of the catalogue leaves behind: a table, a JSON file, and the page of the documentation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from .attack import Result
from .entry import Chapter, Entry, chapters
from .results import table as table_of_runs

PAGE = Path(__file__).resolve().parents[2] / "docs" / "catalogue.md"
_HEAD = """\
# The catalogue of attacks

<!-- Written by `python3 -m tests.catalogue` from tests/catalogue/entries; a test checks it. -->

{count} attacks in {classes} classes. Each is tried first in a container of the same image that nothing
guards, where it must succeed; then by the agent, where it must fail at once and for the reason that stands
here. Then a listed host must answer, an unlisted one must not, and none of the servers attacked may have
heard anything. Where the last column says so, the attempt must also stand in the block log. All servers are
containers that own the addresses attacked; no packet leaves the machine. `python3 tests tests/catalogue` runs
it and prints how each attack ended, in how many milliseconds.

Not here, because a firewall that decrypts nothing cannot refuse it: a request inside TLS that a listed host's
server takes for another site, and what listed hosts themselves carry (a push, a gist, a published package).

The last runs that were recorded (`python3 -m tests.catalogue ENGINE=FILE.json`). Times include whatever else
the machine did.

{runs}"""


def table(results: Sequence[Result]) -> list[str]:
    """Return the lines of the table, one attack each."""
    rows = [("id", "what", "outside", "inside", "ms")]
    rows += [(r.entry.id, r.entry.what, r.outside, r.inside, _number(r.milliseconds)) for r in results]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return ["  ".join([*map(str.ljust, row, widths), f"{row[4]:>6}"]) for row in rows]


def _number(milliseconds: int | None) -> str:
    return "" if milliseconds is None else str(milliseconds)


def as_json(results: Sequence[Result]) -> str:
    """Return a list of objects: id, what, outside, inside, milliseconds, why."""
    lines = [
        {
            "id": result.entry.id,
            "what": result.entry.what,
            "outside": result.outside,
            "inside": result.inside,
            "milliseconds": result.milliseconds,
            "why": result.entry.why,
        }
        for result in results
    ]
    return json.dumps(lines, indent=1) + "\n"


def page() -> str:
    """Return the documentation's page."""
    found = chapters()
    count = sum(len(chapter.entries) for chapter in found)
    head = _HEAD.format(count=count, classes=len(found), runs=table_of_runs())
    return head + "".join(map(_section, found))


def _section(chapter: Chapter) -> str:
    columns = "| Attack | Ends with | Why | Logged |\n| --- | --- | --- | --- |\n"
    return f"\n## {chapter.number}. {chapter.title}\n\n{columns}" + "".join(map(_row, chapter.entries))


def _row(entry: Entry) -> str:
    cells = (f"{entry.what} <br>`{entry.id}`", entry.outcome, entry.why.strip(), entry.log and "yes")
    return "| " + " | ".join(map(_cell, cells)) + " |\n"


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|").replace("*", "\\*")
