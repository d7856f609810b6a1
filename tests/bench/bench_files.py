"""Work on files in `/workspace`, from inside against the same on the host.

`python3 tests --bench files`
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial

import pytest

from tests.support.project import Project

from .report import Report
from .turns import Rounds, measure

pytestmark = pytest.mark.engine

ROUNDS = 8
FOLDER = "bench-tree"
FOLDERS, FILES, LINES = 100, 20, 200
WRITES = 1_000
INSIDE, HOST = "inside", "the host"

# The clock is where the work is, so that no way in is part of it: microseconds, by the shell that both have.
# What is counted before gives the engine time, which goes on with its own side of the way in when the shell
# runs already, and keeps the processor awake, which a pause would not.
BEFORE = "for ((i = 0; i < 50000; i++)); do :; done"
CLOCK = BEFORE + '; from=${EPOCHREALTIME/[.,]/}; eval "$1"; echo $((${EPOCHREALTIME/[.,]/} - from))'
WRITING = f"for ((i = 0; i < {WRITES}; i++)); do echo a small file >{FOLDER}/written/$i; done"
WORK = {
    f"git status with {FOLDERS * FILES:,} files": "git status --porcelain >/dev/null",
    f"git grep through {FOLDERS * FILES:,} files": f"git grep 'number 199 of' -- {FOLDER} >/dev/null",
    f"{WRITES:,} small files written": WRITING,
}


@pytest.fixture(scope="module")
def tree(project: Project) -> Iterator[Project]:
    """A project with some thousand files that git knows."""
    for folder in range(FOLDERS):
        for file in range(FILES):
            lines = (f"line number {line} of file {file} in folder {folder}\n" for line in range(LINES))
            project.write(f"{FOLDER}/{folder:03}/{file:02}.txt", "".join(lines))
    (project.path / FOLDER / "written").mkdir()
    project.user.own(project.path / FOLDER)
    project.run("git", "add", FOLDER).checked()
    yield project
    project.run("git", "rm", "-rfq", FOLDER).checked()
    shutil.rmtree(project.path / FOLDER, ignore_errors=True)


@pytest.mark.parametrize("what", WORK)
def test_work_on_files(tree: Project, report: Report, rounds: Rounds, what: str) -> None:
    """X-P1: the same program on the same files, in turn."""
    ways = {INSIDE: partial(_inside, tree, WORK[what]), HOST: partial(_on_host, tree, WORK[what])}
    took = measure(rounds(ROUNDS), ways)
    report.compare(f"Files: {what}", "ms", took, HOST, {INSIDE: 1.3})


def _inside(project: Project, work: str) -> float:
    return int(project.inside("bash", "-c", CLOCK, "clock", work, check=True, timeout=60).out) / 1000


def _on_host(project: Project, work: str) -> float:
    return int(project.run("bash", "-c", CLOCK, "clock", work).checked().out) / 1000
