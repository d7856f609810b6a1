"""The page of figures: made of the JSON alone, and the JSON of runs that say what they ran on."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench import benches, compare, figures, page, plots, run
from tests.bench.report import Report, Row

CURRENT = figures.load()


def one_row(**changes: Any) -> figures.Figures:  # noqa: ANN401 -- a field each
    """Return figures with a single row."""
    row = {**Row("thing", "ms", [10, 11, 12, 13, 14]).as_json(), **changes}
    measured = {
        **{"command": "python3 tests --bench", "date": "2026-01-02", "commit": "0123abc", "seconds": 60},
        **{"load": {"before": 0.5, "after": 1.5}, "outcome": run.COMPLETE, "sections": {"Things": [row]}},
    }
    machine = {"processor": "P", "cores": "2", "memory": "4 GiB", "kernel": "Linux 6"}
    return {"machine": machine, "versions": {"git": "2"}, "benches": {"session": measured}}


def test_page_is_current() -> None:
    """The documentation shows these figures. `python3 tests --bench-page` writes it anew."""
    assert page.PAGE.read_text(encoding="utf-8") == page.page(CURRENT)


def test_readme_is_current() -> None:
    """What the README says at its top is in the figures."""
    text = page.README.read_text(encoding="utf-8")
    assert page.readme(CURRENT, text) == text
    assert 1 <= len(page.headlines(CURRENT)) <= 3
    assert all(f"* {line}\n" in text for line in page.headlines(CURRENT))


def test_every_benchmark_is_listed() -> None:
    """A file of measurements that no list names would never run."""
    files = {path.name for path in benches.FOLDER.glob("bench_*.py")}
    assert files == {bench.file.name for bench in benches.BENCHES}
    assert set(CURRENT["benches"]) <= {bench.name for bench in benches.BENCHES}


def test_pictures_are_there_and_whole() -> None:
    """Every plot of the page exists, is valid, and tells nothing of when and by whom it was drawn."""
    shown = re.findall(r"!\[[^]]+]\(figures/([^)]+)\)", page.page(CURRENT))
    assert shown
    assert sorted(shown) == sorted(path.name for path in plots.FOLDER.glob("*.svg"))
    for name in shown:
        text = (plots.FOLDER / name).read_text(encoding="utf-8")
        ElementTree.fromstring(text)  # noqa: S314 -- our own file
        assert not re.search(r"<dc:date>|/tmp/|/root|/home/", text)


def test_page_names_no_place() -> None:
    """Machine, engine and versions are told, and nothing of who measured."""
    text = figures.FILE.read_text(encoding="utf-8") + page.page(CURRENT)
    assert not re.search(r"/tmp/|/root|/home/|/work(?!space)|https?://", text)
    assert set(CURRENT["machine"]) == {"processor", "cores", "memory", "kernel"}
    assert {"Docker Engine", "Compose", "base image", "Claude Code", "git"} <= set(CURRENT["versions"])


def test_page_tells_what_was_missed() -> None:
    """An expectation that did not come true stands at the top, with what was measured."""
    found = page.page(one_row(expect="at most 0.75 of that", held=False, to="that", ratio=0.9))
    assert "0 of 1 held" in found
    assert "* Missed: Things, thing: 12.0 ms, 0.90 x that; expected at most 0.75 of that." in found
    assert "at most 0.75 of that: **missed**" in found
    assert "1 of 1 held" in page.page(one_row(expect="at most 1 of that", held=True))


def test_figures_of_another_machine_are_not_mixed() -> None:
    """A benchmark run again takes its place among the others only where all ran on the same."""
    old, new = one_row(), one_row()
    new["benches"] = {"hook": new["benches"]["session"]}
    assert list(figures.merged(old, new)["benches"]) == ["session", "hook"]
    old["machine"] = {**old["machine"], "cores": "8"}
    assert list(figures.merged(old, new)["benches"]) == ["hook"]


@pytest.mark.parametrize(
    ("changes", "agrees"),
    [
        ({}, True),
        ({"median": 13.0}, True),
        ({"median": 15.0}, False),
        ({"spread": [13.0, 14.0]}, False),
        ({"median": 15.0, "ratio": 0.51}, True),
        ({"median": 15.0, "ratio": 0.7}, False),
        ({"median": 15.0, "ratio": 0.5, "to": "thing"}, False),
        ({"what": "another"}, False),
    ],
)
def test_runs_agree_within_their_spread(changes: dict[str, Any], agrees: bool) -> None:
    """Either median lies within the other's spread, or the ratios agree, and every row is in both."""
    old = one_row(ratio=0.5, to=changes.get("to", "another thing"))
    lines, wrong = compare.differences(old, one_row(**{"to": "another thing", **changes}))
    assert (wrong == 0) is agrees
    assert len(lines) == (2 if "what" in changes else 1)


def test_spread_is_no_narrower_than_what_two_runs_differ_by() -> None:
    """From the least to the most; a tenth or a quarter of the median at least; a tolerance by zero."""
    assert Row("", "", [1, 100, 100, 100, 200]).spread == (1, 200)
    assert Row("", "", [100] * 5).spread == (90, 110)
    assert Row("", "", [100]).spread == (75, 125)
    assert Row("", "", [0, 0], tolerance=3).spread == (-3, 3)


def test_report_keeps_what_was_measured_before_a_failure(tmp_path: Path) -> None:
    """Rows are in the file as soon as they are measured, and a missed expectation is told."""
    report = Report(file=tmp_path / "report.json")
    ratios = report.compare("Ways", "ms", {"ours": [4, 9], "theirs": [2, 3]}, "theirs", {"ours": 2})
    assert ratios == {"ours": 2.5, "theirs": 1}
    assert [line.split()[0] for line in report.missed()] == ["ours"]
    kept = figures.load(tmp_path / "report.json")
    assert kept["failed_tests"] is None
    assert [row["held"] for row in kept["sections"]["Ways"]] == [False, None]


def test_saved_figures_are_read_back(tmp_path: Path) -> None:
    """What is written is what the page is made of."""
    given = deepcopy(one_row(median=12.3456789))
    figures.save(given, tmp_path / "figures.json")
    assert dict(figures.rows(figures.load(tmp_path / "figures.json"))).popitem()[1]["median"] == 12.346
