"""What `python3 tests --quick` runs: the engine-free tests of what changed, for as long as a person waits."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.runner.checks import ROOT, STARTED, Checks

CHECKS = "tests/runner/test_checks.py"
# Seconds after which no further test starts; the slowest ones then have time to end within half a minute.
PATIENCE = 20
_PACKAGE = "bootstrap/aidevcontainer/"
# Where the tests of what is not in the package are.
_PLACES = {
    "bootstrap/machine/": "tests/machine",
    "hooks/": "tests/hook",
    "template/": "tests/scaffold",
    "copier.yml": "tests/scaffold",
    "docs/": "tests/docs",
    "README.md": "tests/docs",
    "CHANGELOG.md": "tests/docs",
    ".ci/": "tests/runner",
    "pyproject.toml": "tests/runner",
    "tests/runner/": "tests/runner",
}


def changed() -> list[str]:
    """Returns the files that differ from the branch's upstream, else from the last commit, with new ones."""
    base = _git("merge-base", "HEAD", "@{upstream}") or ["HEAD"]
    return sorted(
        {*_git("diff", "--name-only", base[0]), *_git("ls-files", "--others", "--exclude-standard")}
    )


def places(files: Iterable[str]) -> list[str]:
    """Returns the test files that changed, the folders of tests for other files, and last the checks."""
    found: dict[str, None] = {}
    files = list(files)
    tests = [name for name in files if Path(name).name.startswith("test_") and (ROOT / name).is_file()]
    for name in (*tests, *(_folder(name) for name in files)):
        if name and (ROOT / name).exists():
            found[name] = None
    found.pop(CHECKS, None)
    return [*found, CHECKS]


def _folder(name: str) -> str:
    if name.startswith(_PACKAGE):
        return f"tests/{name.removeprefix(_PACKAGE).partition('/')[0]}"
    return next((tests for start, tests in _PLACES.items() if name.startswith(start)), "")


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


class Deadline:
    """A pytest plugin that starts no test after `PATIENCE` seconds, and says how many it left out.

    The checks run beside the tests, and are asked for their outcome last.
    """

    def __init__(self) -> None:
        self._end = time.monotonic() + PATIENCE
        self._left = 0

    def pytest_configure(self, config: pytest.Config) -> None:
        """Starts the checks."""
        config.stash[STARTED] = Checks()
        config.stash[STARTED].start()

    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Passes over a test when time is up; a check is never left out."""
        if time.monotonic() < self._end or item.nodeid.startswith(CHECKS):
            return None
        self._left += 1
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says what was left out."""
        if self._left:
            terminalreporter.write_line(
                f"{self._left} tests were left out after {PATIENCE} seconds. To run all: python3 tests"
            )
