"""Options of the benchmarks, and the report that all of them write into."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .report import Report
from .turns import Rounds


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --bench-json, --bench-rounds and --quick."""
    parser.addoption("--bench-json", type=Path, metavar="FILE", help="write what a benchmark measured here")
    parser.addoption("--bench-rounds", type=int, metavar="N", help="rounds instead of each row's own number")
    parser.addoption("--quick", action="store_true", help="few rounds, and little of what takes long")


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """How many rounds to measure: `rounds(15)` where 15 is the usual number."""
    config = request.config
    return Rounds(config.getoption("--bench-rounds"), quick(request))


def quick(request: pytest.FixtureRequest) -> bool:
    """Return whether a minute has to do."""
    return bool(request.config.getoption("--quick"))


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """What is measured: printed, and written where an option names a file. A missed expectation fails."""
    measured = Report(file=request.config.getoption("--bench-json"))
    yield measured
    measured.failed_tests = request.session.testsfailed
    if measured.file:
        measured.write(measured.file)
    if measured.sections:
        sys.stdout.write(f"\n{measured.table()}\n")
    if missed := measured.missed():
        pytest.fail("\n".join(missed), pytrace=False)
