"""How often a command asks the engine about the containers: once each for every phase, and no more."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Machine
from tests.hostside.start import both_run, image_is_there, nothing_runs, steps

__all__ = ["machine", "project"]


@pytest.fixture
def complete(machine: Machine, project: FakeProject) -> FakeProject:
    """A project whose image is there, and that was never started."""
    machine.install_docker()
    project.complete()
    nothing_runs(project)
    image_is_there(project)
    return project


def inspections(project: FakeProject) -> dict[str, int]:
    """Return how often each of the two containers was asked for."""
    names = (call.arguments[-1] for call in project.machine.calls() if "inspect" in call.arguments)
    containers = {f"{project.name}-{service}-1": service for service in ("claude", "firewall")}
    return dict(Counter(containers[name] for name in names if name in containers))


def both(phases: int) -> dict[str, int]:
    return {"claude": phases, "firewall": phases}


def test_first_start(complete: FakeProject, machine: Machine) -> None:
    """M-2: before it, once the firewall is started, once the agent is."""
    assert complete.in_venv("session.slow").code == 0
    assert any("up --detach firewall" in step for step in steps(machine))
    assert inspections(complete) == both(3)


def test_start_beside_a_running_agent(complete: FakeProject, machine: Machine) -> None:
    """M-2: two more, after the build and after the wait: sessions may open, the firewall may restart."""
    complete.record()
    both_run(complete)
    assert complete.in_venv("cli.container", "up").code == 0
    assert any("up --detach firewall" in step for step in steps(machine))
    assert inspections(complete) == both(5)


def test_session_that_joins(complete: FakeProject, machine: Machine) -> None:
    """M-2: before and after the wait for the firewall; nothing is started."""
    complete.record()
    both_run(complete)
    assert complete.in_venv("session.slow").code == 0
    assert not any("compose" in step for step in steps(machine))
    assert inspections(complete) == both(2)


def test_status(complete: FakeProject) -> None:
    """U-2: one look, at one moment."""
    complete.record()
    both_run(complete)
    assert complete.in_venv("cli.container", "status").code == 0
    assert inspections(complete) == both(1)
