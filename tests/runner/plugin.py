"""A pytest plugin that gives the tests their engine and base image, and takes away what it brought.

Only when a selected test needs them, and before the first test, with progress on the terminal. Where no
engine can be had, the run stops with the reason instead of failing test by test. With CI=true every skip is
a failure.

In a run of several lanes (processes of pytest-xdist) the first process provides, and the lanes use it.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from aidevcontainer.util.errors import Problem
from machine.engine import FoundEngine
from machine.releases import RELEASES
from tests.runner import coverage
from tests.runner.stage import KEY, Stage

pytest_plugins = ["tests.runner.checks"]
MARKER = "engine"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --no-engine and --engine."""
    parser.addoption("--engine", choices=list(RELEASES), help="run on this private engine")
    parser.addoption("--no-engine", action="store_true", help="leave out the tests that need an engine")


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the stage."""
    config.stash[KEY] = Stage()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark whatever uses the engine, and with --no-engine take it out."""
    for item in items:
        if MARKER in getattr(item, "fixturenames", ()):
            item.add_marker(MARKER)
    if config.getoption("--no-engine"):
        chosen = [item for item in items if not item.get_closest_marker(MARKER)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


def pytest_itemcollected(item: pytest.Item) -> None:
    """Write the requirements that a test is about into its reports."""
    documented = getattr(getattr(item, "obj", None), "__doc__", None)
    item.user_properties += [(coverage.PROPERTY, name) for name in coverage.ids(documented)]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Provides the engine before there are lanes: they inherit the variables that lead to it."""
    config = session.config
    if getattr(config.option, "numprocesses", None) and not config.getoption("--no-engine"):
        _prepare(config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Provides the engine before the first test, if any test needs it."""
    needed = any(item.get_closest_marker(MARKER) for item in session.items)
    if needed and not session.config.option.collectonly:
        _prepare(session.config)


def _prepare(config: pytest.Config) -> None:
    try:
        config.stash[KEY].prepare(config.getoption("--engine"))
    except Problem as problem:
        pytest.exit(f"{problem} Without the tests that need one: python3 tests --no-engine", returncode=1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where everything is expected to run."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"Skipped, and CI=true expects everything to run: {report.longrepr}"
    return report


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running that did not run before."""
    config.stash[KEY].clear()


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> FoundEngine:
    """The running engine; ALPINE_IMAGE names the base where it is not the default."""
    found = request.config.stash[KEY].engine()
    assert found is not None
    return found
