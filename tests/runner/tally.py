"""Counts and coverage of one run, for its last lines."""

from __future__ import annotations

import textwrap

import pytest

from tests.runner import coverage
from tests.runner.stage import described


class Tally:
    """A pytest plugin that counts. An error while setting up or cleaning up counts as a failure."""

    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0
        self._proved: set[str] = set()
        self._doubted: set[str] = set()
        self._machine = described(None)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one phase of a test."""
        ids = [str(value) for name, value in report.user_properties if name == coverage.PROPERTY]
        if report.failed:
            self.failed += 1
            self._doubted.update(ids)
        elif report.skipped:
            self.skipped += 1
        elif report.when == "call":
            self.passed += 1
            self._proved.update(ids)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a file that cannot be read as a failure."""
        self.failed += report.failed

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep what the run stood on, for the report."""
        self._machine = described(session.config)

    def report(self) -> str:
        """Return the run's last lines: ids proved, engine and base, counts."""
        proved = coverage.in_order(self._proved - self._doubted)
        doubted = coverage.in_order(self._doubted)
        lines = ["", _paragraph("Proved here: ", proved)]
        if doubted:
            lines.append(_paragraph("Not proved, since a test failed: ", doubted))
        lines.append(self._machine)
        lines.append(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return "\n".join(lines) + "\n"


def _paragraph(label: str, ids: list[str]) -> str:
    return textwrap.fill(label + (" ".join(ids) or "nothing"), width=110, break_on_hyphens=False)
