"""The test command itself: what it says at its end has to be true."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.runner import checks, coverage, selection

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = '''
import pytest

def test_good():
    """FR-1, and X-F1."""

def test_bad():
    """FR-2 of two: the other test passes."""
    assert False

def test_also_for_the_second():
    """FR-2"""

def test_left_out():
    """FR-3"""
    pytest.skip("no reason")
'''


def run(folder: Path, text: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the tests in *text* the way `python3 tests` does."""
    path = folder / "test_sample.py"
    path.write_text(text)
    command = [sys.executable, "-m", "tests.runner", "-p", "tests.runner.plugin", "--noconftest", "-q"]
    return subprocess.run(
        [*command, f"--rootdir={folder}", str(path), *arguments],
        cwd=ROOT,
        env={**without_ci(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def without_ci() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name != "CI"}


def test_last_line_is_the_counts(tmp_path: Path) -> None:
    done = run(tmp_path, SAMPLE)
    assert done.stdout.splitlines()[-1] == "2 passed, 1 failed, 1 skipped"
    assert done.returncode == 1


def test_all_passed_is_a_success(tmp_path: Path) -> None:
    done = run(tmp_path, SAMPLE, "-k", "good")
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
    assert done.returncode == 0


def test_a_skip_fails_where_everything_has_to_run(tmp_path: Path) -> None:
    done = run(tmp_path, SAMPLE, "-k", "left_out", CI="true")
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"
    assert "no reason" in done.stdout
    assert done.returncode == 1


def test_an_id_is_proved_only_when_all_its_tests_pass(tmp_path: Path) -> None:
    done = run(tmp_path, SAMPLE)
    assert "Proved here: FR-1 X-F1\n" in done.stdout
    assert "Not proved, since a test failed: FR-2\n" in done.stdout


@pytest.mark.parametrize("broken", ["def test_nothing(", "import nothing_of_that_name"])
def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path, broken: str) -> None:
    done = run(tmp_path, broken)
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"
    assert done.returncode != 0


def test_no_engine_leaves_out_what_needs_one(tmp_path: Path) -> None:
    text = SAMPLE + "\n@pytest.mark.engine\ndef test_with_engine():\n    pass\n"
    done = run(tmp_path, text, "--no-engine", "-k", "good or with_engine", "-o", "markers=engine: needs one")
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
    assert "No engine: no selected test needs one" in done.stdout


NO_ENGINE = """
import os
os.geteuid = lambda: 1000
import pytest
@pytest.mark.engine
def test_it():
    pass
def test_other():
    pass
"""


@pytest.mark.parametrize("lanes", [(), ("--numprocesses=2",)], ids=["alone", "lanes"])
def test_a_run_without_an_engine_stops_at_once(tmp_path: Path, lanes: tuple[str, ...]) -> None:
    """X-H3: one sentence with the way out, instead of a failure for each test that needs one."""
    (tmp_path / "nobody.py").write_text("import os\nos.geteuid = lambda: 1000\n")
    done = run(
        tmp_path,
        NO_ENGINE,
        *("-o", "markers=engine: needs one", "-p", "nobody", *lanes),
        PATH="/nowhere",
        PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]),
        XDG_CACHE_HOME=str(tmp_path),
        DOCKER_HOST="",
    )
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "only root can run a private one" in said
    assert "python3 tests --no-engine" in said
    assert done.stdout.splitlines()[-1] == "0 passed, 0 failed, 0 skipped"


def test_covered_lists_what_the_tests_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runner", "--covered"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == coverage.claimed()
    assert "US-001.4" in done.stdout


def test_ids_are_sorted_as_a_person_would() -> None:
    found = coverage.ids("US-003.10, US-003.2 (and X-F1; M-2) but not US-3 or FR-x")
    assert coverage.in_order([*found, "US-003.2"]) == ["M-2", "US-003.2", "US-003.10", "X-F1"]


def test_lanes_count_and_prove_the_same(tmp_path: Path) -> None:
    alone, lanes = (run(tmp_path, SAMPLE, *options).stdout for options in ((), ("--numprocesses=2",)))
    assert lanes.splitlines()[-1] == "2 passed, 1 failed, 1 skipped"
    assert [line for line in lanes.splitlines() if "roved" in line] == [
        line for line in alone.splitlines() if "roved" in line
    ]


def test_quick_picks_the_tests_of_what_changed() -> None:
    """X-H3: a package's tests, tests that changed themselves, and last the checks."""
    files = ["bootstrap/aidevcontainer/git/mounts.py", "tests/util/test_lock.py", "copier.yml", "LICENSE"]
    found = selection.places(files)
    assert found == ["tests/util/test_lock.py", "tests/git", "tests/scaffold", selection.CHECKS]
    assert selection.places([]) == [selection.CHECKS]


def test_every_place_of_the_selection_is_there() -> None:
    for package in (ROOT / "bootstrap/aidevcontainer").iterdir():
        if (package / "__init__.py").is_file():
            assert (ROOT / "tests" / package.name).is_dir(), package.name
    for place in selection._PLACES.values():
        assert (ROOT / place).is_dir(), place


def test_nothing_starts_after_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-H3: half a minute is half a minute, and what was left out is said."""
    sample = tmp_path / "test_sample.py"
    sample.write_text(SAMPLE)
    monkeypatch.setattr(selection, "PATIENCE", -1)
    monkeypatch.setattr(checks.Checks, "start", lambda _: None)
    left_out: list[str] = []
    deadline = selection.Deadline()
    monkeypatch.setattr(deadline, "pytest_terminal_summary", lambda **_: left_out.append(str(deadline._left)))
    pytest.main(
        ["-q", "--noconftest", f"--rootdir={tmp_path}", "-p", "no:cacheprovider", str(sample)], [deadline]
    )
    assert left_out == ["4"]
