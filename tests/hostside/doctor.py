"""A doctor's checks one at a time, on a machine of a test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aidevcontainer.doctor import catalogue, runner
from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import OK, Finding
from aidevcontainer.doctor.runner import CheckOutcome
from aidevcontainer.project.paths import Project
from tests.hostside.machine import FakeProject, Machine

# What `docker info` says of an engine that is as it should be.
INFO: dict[str, Any] = {
    "ServerVersion": "26.1.5",
    "OperatingSystem": "Debian GNU/Linux 12",
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    "MemoryLimit": True,
    "PidsLimit": True,
    "CpuCfsQuota": True,
    "CgroupVersion": "2",
    "MemTotal": 32 << 30,
    "DockerRootDir": "/",
}


def look(name: str, root: Path, environment: Mapping[str, str]) -> CheckOutcome:
    """Does one check, by its id."""
    (check,) = (each for each in catalogue.checks() if each.id == name)
    return runner.run([check], Context(Project(str(root)), dict(environment)))[0]


def problems(name: str, project: FakeProject, **variables: str) -> list[Finding]:
    """Does one check and returns all that is worse than ok. It has to be possible."""
    outcome = look(name, project.root, {**project.machine.environment, **variables})
    assert not outcome.skipped
    return [each for each in outcome.findings if each.level != OK]


def problem(name: str, project: FakeProject, **variables: str) -> Finding:
    """Does one check that finds exactly one thing, with a reason and a fix."""
    (found,) = problems(name, project, **variables)
    assert found.id == name
    assert found.why.endswith(".")
    assert found.fix
    return found


def skipped(name: str, project: FakeProject, **variables: str) -> str:
    """Does one check that cannot be done, and returns why."""
    outcome = look(name, project.root, {**project.machine.environment, **variables})
    assert outcome.skipped
    assert outcome.findings == []
    return outcome.skipped


def engine_says(machine: Machine, **info: object) -> None:
    """Lets docker answer `docker info`, with some of it changed."""
    machine.answer("info", out=json.dumps({**INFO, **info}))
    machine.answer("compose version", out="2.26.1\n")
