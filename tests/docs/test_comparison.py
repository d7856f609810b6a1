"""The comparison with other ways: every cell has its source, and the README shows the same cells."""

from __future__ import annotations

import re

from tests.support.scaffold import ROOT

PAGE = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTE = re.compile(r"\[\^(\w+)\]")
DEFINED = dict(re.findall(r"^\[\^(\w+)\]: (.+)$", PAGE, re.MULTILINE))


def cells(text: str) -> list[list[str]]:
    """Return the rows of all tables in *text*, without their heads, rulers and headings in between."""
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    ]
    heads = {number - 1 for number, row in enumerate(rows) if row[0].startswith("---")}
    kept = [row for number, row in enumerate(rows) if number not in heads]
    return [row for row in kept if not row[0].startswith(("---", "**"))]


def test_every_cell_has_a_source() -> None:
    """US-006: a claim about somebody's work counts only with the page it was read from."""
    rows = cells(PAGE)
    assert len(rows) > 30
    assert [row for row in rows for cell in row[1:] if not NOTE.search(cell)] == []
    assert set(NOTE.findall("\n".join(cell for row in rows for cell in row))) == set(DEFINED)


def test_every_source_can_be_looked_up() -> None:
    """US-006: a source is a public page with the day it was read, or a page of ours that exists."""
    for name, text in DEFINED.items():
        link = re.match(
            r"\[[^\]]+\]\(([^)]+)\), (?:\d{4}-\d\d-\d\d, )?(read \d{4}-\d\d-\d\d|this version):", text
        )
        assert link, name
        place = link[1].split("#")[0]
        assert place.startswith("https://") or (ROOT / "docs" / place).is_file(), name


def test_the_readme_shows_the_same() -> None:
    """US-006: the short table says nothing that the long one does not."""
    whole = PAGE.split("\n## ")[0]
    long = {row[0]: [NOTE.sub("", cell) for cell in row[1:]] for row in cells(whole)}
    short = cells(README.split("## Beside the other ways")[1].split("\n## ")[0])
    assert len(short) > 10
    for row in short:
        assert row[1:] == long[row[0]][: len(row) - 1]
