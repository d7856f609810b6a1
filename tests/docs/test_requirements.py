"""Compares docs/requirements.md with the requirement ids that tests name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from tests.runner import coverage
from tests.support.scaffold import ROOT

PAGE = ROOT / "docs/requirements.md"
PROVED, MEASURED, PLANNED = "proved", "measured", "planned"
_HEADER = ("| Id |", "| --- |")


class Row(NamedTuple):
    """One requirement on the page."""

    name: str
    state: str


def rows(page: str) -> list[Row]:
    """Return the page's requirements in their order."""
    lines = [line for line in page.splitlines() if line.startswith("|") and not line.startswith(_HEADER)]
    cells = [re.split(r"\s*\|\s*", line.strip("| ")) for line in lines]
    return [Row(name=each[0], state=each[-1]) for each in cells]


def mistakes(page: str, claimed: Iterable[str], measured: Iterable[str] = ()) -> list[str]:
    """Return one sentence for each difference between the page and the ids that tests and benchmarks name."""
    found = rows(page)
    tested, timed = set(claimed), set(measured)
    names = Counter(row.name for row in found)
    return [
        *(f"{name} stands {count} times on the page." for name, count in names.items() if count > 1),
        *(f"{name} does not have the form of an id." for name in names if coverage.ids(name) != [name]),
        *(f"A test names {name}, which is not on the page." for name in sorted(tested - set(names))),
        *(sentence for row in found for sentence in _wrong_state(row, row.name in tested, row.name in timed)),
    ]


def _wrong_state(row: Row, tested: bool, measured: bool) -> list[str]:
    if row.state not in (PROVED, MEASURED, PLANNED):
        return [f"{row.name} is marked '{row.state}', not {PROVED}, {MEASURED} or {PLANNED}."]
    if tested and row.state != PROVED:
        return [f"{row.name} is marked {row.state}, but a test names it. Mark it {PROVED}."]
    if measured and row.state == PLANNED:
        return [f"{row.name} is marked {PLANNED}, but a benchmark names it. Mark it {MEASURED}."]
    if not measured and row.state == MEASURED:
        return [f"{row.name} is marked {MEASURED}, but no benchmark names it."]
    if not tested and row.state == PROVED:
        return [f"{row.name} is marked {PROVED}, but no test names it."]
    return []


def test_the_page_agrees_with_the_tests() -> None:
    assert mistakes(PAGE.read_text(encoding="utf-8"), coverage.claimed(), coverage.measured()) == []


SAMPLE = """\
| Id | Requirement | State |
| --- | --- | --- |
| U-1 | It works. | proved |
| X-K1 | It works later. | planned |
"""


@pytest.mark.parametrize(
    ("old", "new", "claimed", "sentence"),
    [
        ("", "", ["U-1", "X-K1"], "X-K1 is marked planned, but a test names it. Mark it proved."),
        ("", "", [], "U-1 is marked proved, but no test names it."),
        ("", "", ["U-1", "U-2"], "A test names U-2, which is not on the page."),
        ("proved", "done", ["U-1"], "U-1 is marked 'done', not proved, measured or planned."),
        ("X-K1", "X-K", ["U-1"], "X-K does not have the form of an id."),
        (
            "later. | planned |",
            "later. |",
            ["U-1"],
            "X-K1 is marked 'It works later.', not proved, measured or planned.",
        ),
        (
            "X-K1 | It works later. | planned",
            "U-1 | Again. | proved",
            ["U-1"],
            "U-1 stands 2 times on the page.",
        ),
    ],
)
def test_a_wrong_page_fails(old: str, new: str, claimed: list[str], sentence: str) -> None:
    assert mistakes(SAMPLE.replace(old, new) if old else SAMPLE, claimed) == [sentence]


def test_a_page_without_mistakes_passes() -> None:
    assert mistakes(SAMPLE, ["U-1"]) == []


def test_a_benchmark_measures_what_no_test_proves() -> None:
    timed = SAMPLE.replace("planned", "measured")
    assert mistakes(timed, ["U-1"], ["U-1", "X-K1"]) == []
    assert mistakes(timed, ["U-1"]) == ["X-K1 is marked measured, but no benchmark names it."]
    assert mistakes(timed, ["U-1", "X-K1"]) == [
        "X-K1 is marked measured, but a test names it. Mark it proved."
    ]
    assert mistakes(SAMPLE, ["U-1"], ["X-K1"]) == [
        "X-K1 is marked planned, but a benchmark names it. Mark it measured."
    ]
