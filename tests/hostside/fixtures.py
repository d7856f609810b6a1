"""Fixtures around the stand-ins. A test file takes them in by importing their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostside.engine import FakeEngine
from tests.hostside.machine import FakeProject, Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine without docker."""
    return Machine(tmp_path)


@pytest.fixture
def project(machine: Machine, tmp_path: Path) -> FakeProject:
    """A scaffolded project on it, never started."""
    return FakeProject(machine, tmp_path / "work" / "my project")


@pytest.fixture
def fake_engine(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeEngine]:
    """An engine, and docker's client."""
    # A Unix socket's path must be short, and pytest's own folders are not.
    engine = FakeEngine(tmp_path_factory.mktemp("e") / "s")
    machine.environment["DOCKER_HOST"] = engine.host
    machine.install_docker()
    yield engine
    engine.close()


@pytest.fixture
def running(project: FakeProject, fake_engine: FakeEngine) -> FakeProject:
    """A project whose containers are up and well."""
    project.record()
    fake_engine.run(project.name, project.root)
    project.prove(fake_engine.containers[f"{project.name}-claude-1"])
    return project
