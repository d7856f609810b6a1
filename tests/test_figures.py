"""The page of figures: made of the JSON alone, and the JSON of runs that say what they ran on."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench import benches, compare, figures, page, passes, plots, run
from tests.bench.report import Report, Row

CURRENT = figures.load()


def one_row(**changes: Any) -> figures.Figures:  # noqa: ANN401 -- a field each
    """Return figures with a single row."""
    row = {**Row("thing", "ms", [10, 11, 12, 13, 14]).as_json(), **changes}
    measured = {
        **{"command": "python3 tests --bench", "date": "2026-01-02", "commit": "0123abc", "seconds": 60},
        **{"load": {"before": 0.5, "after": 1.5}, "outcome": passes.COMPLETE, "sections": {"Things": [row]}},
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
    found = page.page(
        one_row(expect="at most 0.75 of that", held=False, to="that", ratio=0.9, ratio_spread=[0.8, 1])
    )
    assert "0 of 1 held" in found
    assert (
        "* Missed: Things, thing: 12.0 ms, 0.90 (0.80 to 1.00) x that; expected at most 0.75 of that."
        in found
    )
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
        ({"median": 15.0, "ratio": 0.51, "ratio_spread": [0.4, 0.6]}, True),
        ({"median": 15.0, "ratio": 0.7, "ratio_spread": [0.4, 0.8]}, False),
        ({"median": 15.0, "ratio": 0.55, "ratio_spread": [0.54, 0.56]}, False),
        ({"median": 15.0, "ratio": 0.5, "ratio_spread": [0.4, 0.6], "to": "thing"}, False),
        ({"what": "another"}, False),
    ],
)
def test_runs_agree_within_their_spread(changes: dict[str, Any], agrees: bool) -> None:
    """Each median lies within the other's spread, or each ratio does, and every row is in both."""
    ratios = {"ratio": 0.5, "ratio_spread": [0.45, 0.65]}
    old = one_row(**ratios, to=changes.get("to", "another thing"))
    lines, wrong = compare.differences(old, one_row(**{"to": "another thing", **changes}))
    assert (wrong == 0) is agrees
    assert len(lines) == (2 if "what" in changes else 1)


def test_slower_machine_is_taken_out_of_times_and_not_a_slower_product() -> None:
    """How much slower is told by what is not ours: the rows that others are compared with."""

    def figures_with(ours: float, theirs: float) -> figures.Figures:
        report = Report()
        report.compare("Ways", "ms", {"ours": [ours] * 5, "theirs": [theirs] * 5}, "theirs")
        report.add("Alone", Row("start", "ms", [ours] * 5))
        report.add("Size", Row("image", "MB", [100]))
        found = one_row()
        session = found["benches"]["session"]
        session["sections"] = report.as_json()
        found["benches"]["session"] = passes.joined(session, session)
        return found

    before = figures_with(100, 200)
    assert compare.pace(before, figures_with(150, 300)) == 1.5
    assert compare.differences(before, figures_with(150, 300))[1] == 0
    lines, wrong = compare.differences(before, figures_with(150, 200))
    assert wrong == 2
    assert all("ours" in line or "start" in line for line in lines if "DIFFERS" in line)


def test_spread_is_no_narrower_than_what_two_runs_differ_by() -> None:
    """From the least to the most; a tenth or a quarter of the median at least; a tolerance by zero."""
    assert Row("", "", [1, 100, 100, 100, 200]).spread == (1, 200)
    assert Row("", "", [100] * 5).spread == (90, 110)
    assert Row("", "", [100]).spread == (75, 125)
    assert Row("", "", [0, 0], tolerance=3).spread == (-3, 3)


def test_report_keeps_what_was_measured_before_a_failure(tmp_path: Path) -> None:
    """Rows are in the file as soon as they are measured, and a missed expectation is told."""
    report = Report(file=tmp_path / "report.json")
    report.compare("Ways", "ms", {"ours": [4, 9], "theirs": [2, 3]}, "theirs", {"ours": 2})
    assert [row.ratio for row in report.sections["Ways"]] == [2.5, 1]
    assert [line.split()[0] for line in report.missed()] == ["ours"]
    kept = figures.load(tmp_path / "report.json")
    assert kept["failed_tests"] is None
    assert [row["held"] for row in kept["sections"]["Ways"]] == [False, None]


def test_passes_are_put_together_and_judged_once() -> None:
    """Two passes are one with all rounds: its median, spread and ratio, and what was expected of it."""
    passed = []
    for ours in ([1, 2], [3, 5]):
        report = Report()
        report.compare("Ways", "ms", {"ours": ours, "theirs": [1, 1]}, "theirs", {"ours": 2.5})
        measured = {"seconds": 60, "load": {"before": ours[0], "after": 1}, "sections": report.as_json()}
        passed.append({**measured, "outcome": passes.MISSED if report.missed() else passes.COMPLETE})
    assert [each["outcome"] for each in passed] == [passes.COMPLETE, passes.MISSED]
    both = passes.joined(*passed)
    assert (both["seconds"], both["load"], both["outcome"]) == (
        120,
        {"before": 3, "after": 1},
        passes.COMPLETE,
    )
    ours, theirs = both["sections"]["Ways"]
    assert (ours["values"], ours["median"], ours["ratio"], ours["held"]) == ([1, 2, 3, 5], 2.5, 2.5, True)
    assert (ours["spread"], ours["ratio_spread"]) == ((1, 5), (1, 5))
    assert theirs["values"] == [1, 1, 1, 1]


def test_spread_holds_what_passes_differed_by() -> None:
    """Nine in ten rows differ less between two passes: no row of passes is narrower; sizes do not wander."""
    twice = [Row("thing", "ms", [100]).joined(Row("thing", "ms", [100 + more])) for more in range(0, 20)]
    assert [row.apart for row in twice][:3] == [0, pytest.approx(0.01), pytest.approx(0.02)]
    found = one_row()
    found["benches"]["session"]["sections"] = {f"{n}": [row.as_json()] for n, row in enumerate(twice)}
    assert figures.drift(found) == pytest.approx(0.18, abs=0.01)
    steady = Row("thing", "ms", [100] * 5)
    assert figures.spread(steady.joined(steady).as_json(), 0.3) == (70, 130)
    assert figures.spread(steady.as_json(), 0.3) == (90, 110)
    assert figures.drift(one_row()) == 0


def test_a_failed_pass_is_not_hidden_by_the_other() -> None:
    """What the failed one did not measure comes from the other alone, and the whole says that it failed."""
    whole = one_row()["benches"]["session"]
    broken = {**whole, "outcome": passes.FAILED, "sections": {}}
    for both in (passes.joined(whole, broken), passes.joined(broken, whole)):
        assert both["outcome"] == passes.FAILED
        assert [row["what"] for row in both["sections"]["Things"]] == ["thing"]


def test_every_part_is_measured_once_before_any_is_again() -> None:
    """The passes of one benchmark lie apart by all that a run measures; a quick run makes one."""
    order = [bench.name for bench in run.in_passes(benches.BENCHES)]
    assert order[: len(benches.BENCHES)] == [bench.name for bench in benches.BENCHES]
    assert order[len(benches.BENCHES) :] == [bench.name for bench in benches.BENCHES if bench.passes == 2]
    assert list(run.in_passes(benches.BENCHES, 1)) == list(benches.BENCHES)


def test_expectations_are_of_the_median_or_of_the_ratio() -> None:
    """As a number, so that the rounds of several passes are judged together."""
    row = Row("", "", [4, 5, 6], "other", [2, 2, 2])
    assert row.held is None
    assert row.expected("at most 5", most=5).held
    assert not row.expected("at most 4", most=4).held
    assert row.expected("at most 2 of other", most=2, of_ratio=True).held
    assert not row.expected("at least 3 of other", least=3, of_ratio=True).held


def test_saved_figures_are_read_back(tmp_path: Path) -> None:
    """What is written is what the page is made of."""
    given = deepcopy(one_row(median=12.3456789))
    figures.save(given, tmp_path / "figures.json")
    assert dict(figures.rows(figures.load(tmp_path / "figures.json"))).popitem()[1]["median"] == 12.346
