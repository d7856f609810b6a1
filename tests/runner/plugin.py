"""A pytest plugin that gives the tests their engine and base image, and takes away what it brought.

Only when a selected test needs them, and before the first test, with progress on the terminal. Without an
engine and without root such tests are skipped with the reason. With CI=true every skip is a failure.

In a run of several lanes (processes of pytest-xdist) the first process provides, and the lanes use it.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any, Protocol

import pytest

from machine.engine import FoundEngine
from machine.releases import RELEASES
from tests.runner import coverage
from tests.runner.stage import KEY, Stage

pytest_plugins = ["tests.runner.checks"]
MARKER = "engine"
# The reason why there is no engine, from the first process to a lane; empty when there is one.
_REASON = "aidevcontainer_no_engine"


class _Lane(Protocol):
    config: pytest.Config
    workerinput: dict[str, Any]


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
    """Provide the engine before there are lanes: they inherit the variables that lead to it."""
    config = session.config
    if getattr(config.option, "numprocesses", None) and not config.getoption("--no-engine"):
        config.stash[KEY].prepare(config.getoption("--engine"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: _Lane) -> None:
    """Tell a lane whether there is an engine."""
    stage = node.config.stash[KEY]
    node.workerinput[_REASON] = "" if stage.engine() else stage.reason


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Provide the engine before the first test, if any test needs it."""
    stage, given = session.config.stash[KEY], getattr(session.config, "workerinput", {})
    if given.get(_REASON):
        stage.reason = given[_REASON]
    elif not session.config.option.collectonly and any(
        item.get_closest_marker(MARKER) for item in session.items
    ):
        stage.prepare(session.config.getoption("--engine"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip by name what needs the engine that is not there."""
    stage = item.config.stash[KEY]
    if item.get_closest_marker(MARKER) and not stage.engine():
        pytest.skip(stage.reason)


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
    if found is None:
        pytest.skip(request.config.stash[KEY].reason)
    return found
