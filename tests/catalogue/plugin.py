"""A pytest plugin that collects the results of the catalogue, prints the table and writes the JSON file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.support.firewall import without_nf_tables

from .attack import Result
from .entry import chapters
from .report import as_json, table

VARIABLE = "AIDEVCONTAINER_CATALOGUE_JSON"
RESULTS: pytest.StashKey[list[Result]] = pytest.StashKey()
_OUTPUT = "catalogue"


class _Lane(Protocol):
    config: pytest.Config
    workeroutput: dict[str, Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --catalogue-json and --legacy-tables."""
    text = f"write the results of the catalogue of attacks to this file (default: ${VARIABLE})"
    parser.addoption("--catalogue-json", type=Path, default=os.environ.get(VARIABLE), help=text)
    legacy = "try the catalogue on firewalls whose kernel has no nf_tables, as far as they can tell"
    parser.addoption("--legacy-tables", action="store_true", help=legacy)


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the results."""
    config.stash[RESULTS] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In one of several lanes, send the results to the process that reports."""
    if hasattr(session.config, "workeroutput"):
        found = session.config.stash[RESULTS]
        session.config.workeroutput[_OUTPUT] = [
            (each.entry.id, each.outside, each.inside, each.milliseconds) for each in found
        ]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: _Lane) -> None:
    """Take the results of a lane."""
    entries = {entry.id: entry for chapter in chapters() for entry in chapter.entries}
    for name, *columns in getattr(node, "workeroutput", {}).get(_OUTPUT, []):
        node.config.stash[RESULTS].append(Result(entries[name], *columns))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of the attacks that failed as they must."""
    found: list[Result] = config.stash[RESULTS]
    if not found:
        return
    results = sorted(found, key=_id)
    terminalreporter.section("catalogue of attacks")
    for line in table(results):
        terminalreporter.write_line(line)
    if config.getoption("--catalogue-json"):
        Path(config.getoption("--catalogue-json")).write_text(as_json(results), encoding="utf-8")


def _id(result: Result) -> str:
    return result.entry.id


@pytest.fixture(scope="session")
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Programs for `new_firewall`: with --legacy-tables those that say there is no nf_tables."""
    legacy = request.config.getoption("--legacy-tables")
    return without_nf_tables(tmp_path_factory.mktemp("legacy")) if legacy else None


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> list[Result]:
    """Where tests put what came of their attacks."""
    return request.config.stash[RESULTS]
