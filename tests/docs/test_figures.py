"""The page of figures: made of the JSON alone, and the JSON of runs that say what they ran on."""

from __future__ import annotations

import re
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.bench import benches, compare, figures, page, passes, run
from tests.bench.report import Report, Row, times

PAGE = page.PAGE.read_text(encoding="utf-8")


def one_row(**changes: Any) -> figures.Figures:  # noqa: ANN401 -- a field each
    """Return figures with a single row."""
    row = {**Row("thing", "ms", [10, 11, 12, 13, 14]).as_json(), **changes}
    measured = {
        **{"command": "python3 tests --bench", "date": "2026-01-02", "commit": "0123abc", "seconds": 60},
        **{"load": {"before": 0.5, "after": 1.5}, "outcome": passes.COMPLETE, "sections": {"Things": [row]}},
    }
    machine = {"processor": "P", "cores": "2", "memory": "4 GiB", "kernel": "Linux 6"}
    return {"machine": machine, "versions": {"git": "2"}, "benches": {"session": measured}}


def test_readme_shows_what_the_page_says() -> None:
    """What the README says at its top is on the page, and both were written by one run."""
    text = page.README.read_text(encoding="utf-8")
    shown = re.findall(r"^\* .*$", text.split("<!-- figures")[1].split("<!-- /figures -->")[0], re.MULTILINE)
    assert 1 <= len(shown) <= 3
    assert [line for line in shown if f"{line}\n" not in PAGE] == []


def test_page_is_small() -> None:
    """A person reads it in a review; raw data and plots are kept out of the repository."""
    assert PAGE.count("\n") <= 100
    listed = subprocess.run(
        ["git", "ls-files", "docs", "build"], cwd=figures.ROOT, capture_output=True, text=True
    )
    assert not re.search(r"figures.*\.(json|svg)", listed.stdout)


def test_small_page_has_what_was_expected() -> None:
    """A row with an expectation is on the page, others are not; a missed one is marked."""
    missed = one_row(expect="at most 10 ms", held=False)
    assert "| Things | thing | 12.0 ms | at most 10 ms **missed** |\n" in page.small(missed)
    assert "| Things |" not in page.small(one_row())


def test_every_benchmark_is_listed() -> None:
    """A file of measurements that no list names would never run."""
    files = {path.name for path in benches.FOLDER.glob("bench_*.py")}
    assert files == {bench.file.name for bench in benches.BENCHES}


def test_page_names_no_place() -> None:
    """Machine, engine and versions are told, and nothing of who measured."""
    assert not re.search(r"/tmp/|/root|/home/|/work(?!space)|https?://", PAGE)
    for name in ("Machine", "Docker Engine", "Compose", "base image", "Claude Code", "git"):
        assert name in PAGE


def test_page_tells_what_was_missed() -> None:
    """An expectation that did not come true stands at the top, with what was measured."""
    found = page.whole(
        one_row(
            **{"expect": "at most 0.75 of that", "held": False},
            **{"to": "that", "ratio": 0.9, "claim": 0.9, "spread": [0.8, 1]},
        )
    )
    assert "0 of 1 held" in found
    assert "* Missed: Things, thing: 12.0 ms, 0.90 x that; expected at most 0.75 of that." in found
    assert "at most 0.75 of that: **missed**" in found
    assert "1 of 1 held" in page.whole(one_row(expect="at most 1 of that", held=True))


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
        ({"claim": 13.0}, True),
        ({"claim": 15.0}, False),
        ({"claim": 13.5, "spread": [13.0, 14.0]}, False),
        ({"what": "another"}, False),
    ],
)
def test_runs_agree_within_their_spread(changes: dict[str, Any], agrees: bool) -> None:
    """Each claim lies within the other's spread, and every row is in both."""
    found = list(compare.verdicts(one_row(), one_row(**changes)))
    assert all(each.agrees for each in found) is agrees
    assert len(found) == (2 if "what" in changes else 1)
    assert found[0].line.startswith("session | Things | thing: ")


def compared(ours: float, theirs: float) -> figures.Figures:
    """Return figures of ours, which is compared with theirs, of one thing alone, and of a size."""
    report = Report()
    report.compare("Ways", "ms", {"ours": [ours] * 5, "theirs": [theirs] * 5}, "theirs")
    report.add("Alone", Row("start", "ms", [ours] * 5))
    report.add("Size", Row("image", "MB", [100]))
    found = one_row()
    found["benches"]["session"]["sections"] = report.as_json()
    return found


def test_ratio_is_what_a_row_claims() -> None:
    """A slower machine is no other result, a slower product is; others' own time is nobody's claim."""

    def differs(ours: float, theirs: float) -> list[str]:
        found = compare.verdicts(compared(100, 200), compared(ours, theirs))
        return [each.place.what for each in found if each.agrees is False]

    assert differs(100, 200) == []
    assert differs(150, 300) == ["start ()"]
    assert differs(150, 200) == ["ours (theirs)", "start ()"]
    assert differs(100, 300) == ["ours (theirs)"]


def test_page_promises_what_it_claims() -> None:
    """The spread stands at the ratio's row, not at the row that it is the ratio to."""
    found = [line for line in page.whole(compared(100, 200)).splitlines() if "ms |" in line]
    lines = {line.split(" | ")[1]: line for line in found}
    assert lines["ours"].endswith("| 0.50 x theirs | 0.45 to 0.55 |  |")
    assert lines["theirs"].endswith("| 5 |  |  |  |")
    assert lines["start"].endswith("| 5 |  | 90.0 to 110 |  |")


def test_spread_is_no_narrower_than_what_two_runs_differ_by() -> None:
    """From the least to the most; a tenth or a quarter of the median at least; a tolerance by zero."""
    assert Row("", "ms", [1, 100, 100, 100, 200]).spread == (1, 200)
    assert Row("", "ms", [100] * 5).spread == (90, 110)
    assert Row("", "ms", [100]).spread == (75, 125)
    assert Row("a size", "MB", [100]).spread == (90, 110)
    assert Row("", "ms", [0, 0], tolerance=3).spread == (-3, 3)
    assert Row("", "ms", [100, 100], "other", [2, 2], tolerance=3).spread == (1.5, 2.5)
    assert Row("other", "ms", [100, 100], "other", [1, 1]).spread is None


def test_small_ratios_keep_their_digits() -> None:
    """A two hundredth is not zero."""
    assert [times(ratio) for ratio in (12.345, 0.5, 0.0049, 0)] == ["12.35", "0.50", "0.0049", "0"]


def test_single_disturbed_rounds_are_not_in_the_spread_of_many() -> None:
    """They say nothing of the median of another run."""
    assert Row("", "ms", [*[100] * 18, 1, 900]).spread == (90, 110)
    assert Row("", "ms", [*[100] * 17, 1, 900]).spread == (1, 900)


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
    assert (ours["claim"], ours["spread"], ours["apart"]) == (2.5, (1, 5), pytest.approx(4 / 1.5 - 1))
    assert (theirs["values"], theirs["spread"], theirs["apart"]) == ([1, 1, 1, 1], None, None)


def test_spread_holds_what_passes_differed_by() -> None:
    """More than nine in ten claims of two passes differ by: no row of passes is narrower, but sizes."""
    twice = [Row("thing", "ms", [100]).joined(Row("thing", "ms", [100 + more])) for more in range(0, 20)]
    assert [row.apart for row in twice][:3] == [0, pytest.approx(0.01), pytest.approx(0.02)]
    size = Row("size", "MB", [100]).joined(Row("size", "MB", [300]))
    found = one_row()
    measured = {f"{number}": [row.as_json()] for number, row in enumerate([*twice, size])}
    found["benches"]["session"]["sections"] = measured
    assert figures.wander(found) == pytest.approx(1.5 * 0.18, abs=0.01)
    steady = Row("thing", "ms", [100] * 5)
    assert figures.spread(steady.joined(steady).as_json(), 0.3) == (70, 130)
    assert figures.spread(steady.as_json(), 0.3) == (90, 110)
    size = Row("size", "MB", [100])
    assert figures.spread(size.joined(size).as_json(), 0.3) == (90, 110)
    assert figures.wander(one_row()) == 0


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
