"""The table of all plants for the documentation's page, between two marks of it."""

from __future__ import annotations

from pathlib import Path

from .entry import EXPECTATIONS, Chapter, Entry, chapters

PAGE = Path(__file__).resolve().parents[2] / "docs" / "host-safety.md"
BEGIN = "<!-- Written by `python3 -m tests.hostsafety` from tests/hostsafety/entries; a test checks it. -->\n"


def page() -> str:
    """Return the page with its table as it must be. Raises ValueError where the page lacks the mark."""
    text = PAGE.read_text(encoding="utf-8")
    return text[: text.index(BEGIN) + len(BEGIN)] + "".join(map(_section, chapters()))


def _section(chapter: Chapter) -> str:
    head = "| Plant | Layouts | Outcome | Why |\n| --- | --- | --- | --- |\n"
    return f"\n### {chapter.number}. {chapter.title}\n\n{head}" + "".join(map(_row, chapter.entries))


def _row(entry: Entry) -> str:
    layouts = ", ".join(entry.layouts)
    cells = (f"{entry.what} <br>`{entry.id}`", layouts, EXPECTATIONS[entry.expect], entry.why.strip())
    return "| " + " | ".join(cell.replace("|", "\\|").replace("*", "\\*") for cell in cells) + " |\n"
