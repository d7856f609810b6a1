"""`container bridge test`: the real way from the agent's container to each command's container and back.

For each command there is, for as long as the test takes, a second one beside it that only looks for the
program: same container, user and folders, so that whatever would stop the command stops this one too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from aidevcontainer.bridge import link, status
from aidevcontainer.bridge.broker.declaration import Command, Declaration
from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_exec import Result
from aidevcontainer.util.errors import Problem

_PREFIX = "aidevcontainer-test-"
_LOOK = ("sh", "-c", 'command -v "$1" >/dev/null || exit 99', "sh")
_NO_PROGRAM = 99


class Outcome(NamedTuple):
    """What became of a command's probe. `reason` is a sentence, or empty where it works."""

    command: str
    container: str
    works: bool
    reason: str


def run(docker: Docker) -> list[Outcome]:
    """Try every command that is in force. Raises Problem where there is no bridge to try."""
    name = docker.project.name()
    agent = docker.container(readiness.container_names(name)[0])
    if agent is None or not agent.running:
        raise Problem("The agent's container does not run. Start it: ./.aidevcontainer/container up")
    force = link.in_force(docker, name)
    if force is None:
        why = status.collect(docker).sentence
        raise Problem(f"No command can be tried: {why}")
    with _probes(docker, force):
        return [_try(docker, agent.id, number, each) for number, each in enumerate(force.commands)]


def describe(outcomes: list[Outcome]) -> str:
    """Return the outcomes as text for a person."""
    if not outcomes:
        return "No command is in force."
    width = max(len(each.command) for each in outcomes)
    return "\n".join(f"{_word(each)}  {each.command:<{width}}  {_detail(each)}" for each in outcomes)


def _word(outcome: Outcome) -> str:
    return "works" if outcome.works else "fails"


def _detail(outcome: Outcome) -> str:
    return outcome.reason or f"in {outcome.container}"


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


def _try(docker: Docker, agent: str, number: int, command: Command) -> Outcome:
    folder = command.paths[0][0] if command.paths else "/workspace"
    result = docker.run("exec", "-w", folder, agent, f"/run/aidevcontainer-bridge/bin/{_PREFIX}{number}")
    reason = _reason(command, result)
    return Outcome(command.name, command.container, not reason, reason)


def _reason(command: Command, result: Result) -> str:
    if result.code == 0:
        return ""
    if result.code == _NO_PROGRAM:
        return f"{command.container} has no program {command.exec[0]}."
    lines = (result.err or result.out).strip().splitlines()
    return lines[-1] if lines else f"It ended with exit code {result.code}."
