"""What the git hook adds to a checkout, with the machine's git and with the newest that Debian has.

`python3 tests --bench hook`
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from aidevcontainer.hook.manage import locate
from tests.support.hook import COMPARED
from tests.support.newer_git import NewerGit, newer_git
from tests.support.template import FOLDER, Repository, Scaffold, git_environment

from .report import Report, Row, in_turn
from .turns import Rounds, measure, milliseconds

__all__ = ["newer_git"]

ROUNDS = 100
BUDGET = 3.0  # ms
BARE = "checkout without the hook"
HOOKED = "added by the hook"
FIRST = "added by the hook, between these two commits for the first time"
LEAST = "added by a hook that only asks git"
# Nothing can ask git for less: no chain, no message, nothing behind, and no process for git of its own.
ONLY_ASKS = f"""#!/bin/sh
exec git diff-tree --name-only "$1" "$2" -- {FOLDER} >/dev/null
"""


class Checkouts:
    """A clone with two branches, checked out in turn."""

    def __init__(self, clone: Repository, environment: Mapping[str, str]) -> None:
        self._clone = clone
        self._environment = environment
        self.branches = ["main", "other"]

    def milliseconds(self, hook: str, *, first: bool = False) -> float:
        """Return how long a checkout of the other branch takes; *first*, as if between these two commits."""
        self.branches.reverse()
        if first:
            (self._clone.path / COMPARED).unlink(missing_ok=True)
        command = ["git", "-c", f"core.hooksPath={hook}", "checkout", "--quiet", self.branches[0]]
        return milliseconds(lambda: self._run(command))

    def _run(self, command: Sequence[str]) -> None:
        subprocess.run(
            command, cwd=self._clone.path, env=self._environment, check=True, stderr=subprocess.DEVNULL
        )


@pytest.fixture
def clone(scaffold: Scaffold, tmp_path: Path) -> Repository:
    """A committed scaffold with a branch that differs in one file outside of it."""
    made = scaffold.duplicate(tmp_path / "clone")
    made.commit()
    made.git("switch", "--quiet", "--create", "other")
    made.write("README.md", "# Other\n")
    made.commit()
    made.git("switch", "--quiet", "main")
    return made


def environment(folder: Path, newer: NewerGit | None) -> dict[str, str]:
    """Return variables in which docker answers at once that there is no container."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "docker").symlink_to("/bin/true")
    outside = git_environment()
    path = outside["PATH"]
    found = newer.environment(path) if newer else {"PATH": path}
    return {**outside, **found, "PATH": f"{programs}{os.pathsep}{found['PATH']}"}


@pytest.mark.parametrize("which", ["git of this machine", "newest git"])
def test_cost_of_the_hook(
    clone: Repository,
    tmp_path: Path,
    which: str,
    request: pytest.FixtureRequest,
    report: Report,
    rounds: Rounds,
) -> None:
    """U-2: checkouts with and without, in turn, so that what disturbs one disturbs the other."""
    newer = request.getfixturevalue("newer_git") if which == "newest git" else None
    locate(clone.path).install()
    checkouts = Checkouts(clone, environment(tmp_path, newer))
    hooks = str(clone.path / ".git/hooks")
    for where in ("another file", FOLDER):
        ways = {
            BARE: partial(checkouts.milliseconds, "/dev/null"),
            HOOKED: partial(checkouts.milliseconds, hooks),
        }
        if where == FOLDER:
            ways[FIRST] = partial(checkouts.milliseconds, hooks, first=True)
            ways[LEAST] = partial(checkouts.milliseconds, str(least_hook(tmp_path)))
        tell(report, f"{which}, {where} differs", measure(rounds(ROUNDS), ways))
        clone.git("switch", "--quiet", "other")
        clone.write(f"{FOLDER}/packages.txt", "# changed\n")
        clone.commit()
        clone.git("switch", "--quiet", "main")


def least_hook(folder: Path) -> Path:
    """Return a folder of hooks with one that asks git whether the branch changed our folder, no more."""
    hook = folder / "least" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(ONLY_ASKS, encoding="utf-8")
    hook.chmod(0o755)
    return hook.parent


def tell(report: Report, case: str, took: Mapping[str, Sequence[float]]) -> None:
    """Write down a checkout without a hook, and what others added to it."""
    bare = took[BARE]
    for what, values in took.items():
        added = values if what == BARE else [more - less for less, more in zip(bare, values, strict=False)]
        row = Row(what, "ms", added, BARE, in_turn(added, bare))
        ours = what in (HOOKED, FIRST)
        report.add(
            f"A checkout, {case}", row.expected(f"at most {BUDGET:g} ms", most=BUDGET) if ours else row
        )
