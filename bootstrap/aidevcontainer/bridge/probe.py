"""`container bridge test`: runs a harmless program the real way, from the agent container to each target.

During the test each command has a second one beside it that only looks for the program. It has the same
container, user and folders, so it fails wherever the command would fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from aidevcontainer.bridge import link, status
from aidevcontainer.bridge.broker.declaration import WORKSPACE, BrokerCommand, Declaration
from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_exec import Result
from aidevcontainer.util import table
from aidevcontainer.util.errors import Problem

_PREFIX = "aidevcontainer-test-"
_LOOK = ("sh", "-c", 'command -v "$1" >/dev/null || exit 99', "sh")
_NO_PROGRAM = 99


class ProbeResult(NamedTuple):
    """The result for one command. `reason` is a sentence, or empty where the command works."""

    command: str
    container: str
    works: bool
    reason: str


def run(docker: Docker) -> list[ProbeResult]:
    """Tries every command in force. Raises Problem where the bridge is not running."""
    name = docker.project.name()
    agent = docker.container(readiness.container_names(name)[0])
    if agent is None or not agent.running:
        raise Problem("The agent container is not running. Start it: ./.aidevcontainer/container up")
    force = link.in_force(docker, name)
    if force is None:
        why = status.collect(docker).sentence
        raise Problem(f"The commands cannot be tested: {why}")
    with _probes(docker, force):
        return [_try(docker, agent.id, number, each) for number, each in enumerate(force.commands)]


def describe(results: list[ProbeResult]) -> str:
    """Returns the results as text for a person."""
    if not results:
        return "No command is in force."
    return table.text(
        ("works" if each.works else "fails", each.command, each.reason or f"in {each.container}")
        for each in results
    )


@contextmanager
def _probes(docker: Docker, force: Declaration) -> Iterator[None]:
    probes = (
        replace(each, name=f"{_PREFIX}{number}", exec=(*_LOOK, each.exec[0]), environment=())
        for number, each in enumerate(force.commands)
    )
    link.hand_over(docker, replace(force, commands=(*force.commands, *probes)))
    try:
        yield
    finally:
        link.hand_over(docker, force)


def _try(docker: Docker, agent: str, number: int, command: BrokerCommand) -> ProbeResult:
    folder = command.paths[0][0] if command.paths else WORKSPACE
    result = docker.run("exec", "-w", folder, agent, f"/run/aidevcontainer-bridge/bin/{_PREFIX}{number}")
    reason = _reason(command, result)
    return ProbeResult(command.name, command.container, not reason, reason)


def _reason(command: BrokerCommand, result: Result) -> str:
    if result.code == 0:
        return ""
    if result.code == _NO_PROGRAM:
        return f"{command.container} does not have the program {command.exec[0]}."
    lines = (result.err or result.out).strip().splitlines()
    return lines[-1] if lines else f"The probe ended with exit code {result.code}."
