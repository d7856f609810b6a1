"""The test command itself: what it says at its end has to be true."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.runner import coverage

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


def test_without_engine_and_root_tests_are_skipped_with_the_reason(tmp_path: Path) -> None:
    text = (
        "import os\nos.geteuid = lambda: 1000\nimport pytest\n@pytest.mark.engine\ndef test_it():\n    pass\n"
    )
    done = run(
        tmp_path,
        text,
        "-rs",
        "-o",
        "markers=engine: needs one",
        PATH="/nowhere",
        XDG_CACHE_HOME=str(tmp_path),
        DOCKER_HOST="",
    )
    assert done.stdout.splitlines()[-1] == "0 passed, 0 failed, 1 skipped"
    assert "only root can run a private one" in done.stdout


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


def test_lanes_know_the_reason_why_there_is_no_engine(tmp_path: Path) -> None:
    (tmp_path / "nobody.py").write_text("import os\nos.geteuid = lambda: 1000\n")
    done = run(
        tmp_path,
        "import pytest\n@pytest.mark.engine\ndef test_it():\n    pass\n",
        *("-rs", "--numprocesses=2", "-o", "markers=engine: needs one", "-p", "nobody"),
        PATH="/nowhere",
        PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]),
        XDG_CACHE_HOME=str(tmp_path),
        DOCKER_HOST="",
    )
    assert done.stdout.splitlines()[-1] == "0 passed, 0 failed, 1 skipped"
    assert "only root can run a private one" in done.stdout
