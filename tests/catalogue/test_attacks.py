"""Every attack of the catalogue that is a command: it works outside and is refused inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.firewall import Lack, NewFirewall
from tests.support.internet import Internet
from tests.support.project import Project

from . import cotenant
from .attack import Result, carry_out
from .entry import Entry, probes
from .ground import LISTED, REBOUND, SIXTH, Ground, start

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def ground(
    new_firewall: NewFirewall, internet: Internet, project: Project, tables: Path | None
) -> Iterator[Ground]:
    """One ground for all: no attack may leave a trace that another one feels."""
    environment = {"AIDEVCONTAINER_DNS": internet.servers["resolver"].address}
    sixth = Lack(options=SIXTH if internet.subnet6 else ())
    names = (*LISTED, *REBOUND, *cotenant.LISTED_NAMES)
    firewall = new_firewall(*names, environment=environment, programs=tables, lack=sixth)
    with ExitStack() as stack:
        yield start(internet, firewall, project, stack)


@pytest.mark.parametrize("entry", probes(), ids=lambda entry: entry.id)
def test_attack_fails(ground: Ground, results: list[Result], entry: Entry) -> None:
    """X-F7, M-3, US-003.5, FR-6, X-F1, X-F2, X-F4, X-F6, X-S1: works outside, refused inside."""
    if entry.family == 6 and not ground.internet.subnet6:
        pytest.skip("the engine makes no IPv6 networks")
    results.append(carry_out(ground, entry))
