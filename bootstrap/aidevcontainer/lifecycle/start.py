"""From any state of a project to running containers: settings, image, firewall, agent, bridge.

A start takes at most five snapshots of the containers: before it, after the build (only where the agent
runs), after the start of the firewall, after the wait for it (only where there is an agent container), and
after the start of the agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from aidevcontainer.bridge import link
from aidevcontainer.engine import compose_model, image, readiness, snapshot, volumes
from aidevcontainer.engine.compose_model import AGENT, ComposeModel
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.git import enforce, identity, notices
from aidevcontainer.lifecycle import (
    agent_proof,
    agent_start,
    configure,
    firewall_wait,
    isolation,
    override_conflicts,
    own_mounts,
    own_services,
    reminders,
    spared_sessions,
)
from aidevcontainer.lifecycle.configure import Configuration
from aidevcontainer.lifecycle.settings import Settings
from aidevcontainer.lifecycle.spared_sessions import MayEnd
from aidevcontainer.project import authorities, names
from aidevcontainer.project.paths import Project, Recorded
from aidevcontainer.util import lock
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem

_MOST_WARNINGS = 5


class _Started(NamedTuple):
    """The client that knows the settings, and whether all services of the project's own started."""

    docker: Docker
    complete: bool


def for_session(docker: Docker, console: Console) -> Docker:
    """Makes a session possible and disturbs no other. Returns the client to open it with. Raises Problem."""
    project = docker.project
    with _one_at_a_time(project, console):
        seen = _resumed(docker, console)
        recorded = project.recorded()
        if _can_join(project, recorded, seen):
            _join(docker, console, seen)
            return docker
        if recorded.name and recorded.waits_for_switch:
            console.say("No session runs any more. The change applies now.")
        return _up(docker, console, seen, lambda _: True).docker


def up(docker: Docker, console: Console, may_end: MayEnd = lambda _: True) -> bool:
    """Starts or updates the containers so that they follow the files as they are now. Raises Problem.

    Asks `may_end` before it ends sessions, with their commands. Returns whether the project's own services
    started too, and warns of each that did not.
    """
    with _one_at_a_time(docker.project, console):
        return _up(docker, console, _resumed(docker, console), may_end).complete


@contextmanager
def _one_at_a_time(project: Project, console: Console) -> Iterator[None]:
    name = f"start-{names.project_name(project.root)}"
    with lock.held(name, lambda: console.say("Waiting for another start of this project.")):
        yield


def _resumed(docker: Docker, console: Console) -> Snapshot:
    """Returns the containers after those that are paused run again: none of them can be started."""
    name = docker.project.name()
    seen = snapshot.take(docker, name)
    paused = [each.id for each in (seen.firewall, seen.agent) if each and each.paused]
    if not paused:
        return seen
    console.say("The containers were paused. Resuming them.")
    docker.check("resume the containers", "unpause", *paused)
    return snapshot.take(docker, name)


def _can_join(project: Project, recorded: Recorded, seen: Snapshot) -> bool:
    switches = recorded.waits_for_switch and not seen.sessions
    return bool(recorded.name) and seen.can_open(project.root) and not switches


def _join(docker: Docker, console: Console, seen: Snapshot) -> None:
    name = docker.project.name()
    firewall_wait.until_ready(docker, name, seen.firewall)
    # The wait may have taken a minute, in which sessions opened.
    _protect(docker, console, snapshot.take(docker, name))


def _up(docker: Docker, console: Console, seen: Snapshot, may_end: MayEnd) -> _Started:
    configured = configure.run(docker, console, spare=seen, waits=True)
    model = _checked_model(configured)
    made = _with_image(configured, console)
    docker, found, bridge = made
    spared_sessions.require(docker, found, _after_build(docker, found.project_name, seen), may_end)
    _ensure_shared_volume(docker)
    own_mounts.make_sources(docker, console, model)
    console.say("Starting the firewall.")
    docker.check("start the firewall", "compose", "up", "--detach", "firewall")
    policy = _start_agent(docker, console, found, model)
    # Only now: a start that failed has left the containers as they were.
    spared_sessions.wait_no_more(docker.project, found)
    identity.hand_over(docker, readiness.container_names(found.project_name)[0])
    link.follow(docker, console, bridge, found.project_name)
    missing = own_services.start(docker, console, model)
    _tell(docker.project, console, policy)
    for sentence in missing:
        console.warn(sentence)
    return _Started(docker, not missing)


def _checked_model(made: Configuration) -> ComposeModel:
    # Before anything is built or ended.
    model, settings = compose_model.read(made.docker), made.settings.variables
    override_conflicts.require_none(model, made.settings.project_name)
    isolation.require(isolation.of_model(made.docker, model, settings), settings)
    return model


def _with_image(made: Configuration, console: Console) -> Configuration:
    """Builds the image if it is missing; returns the configuration without a bridge whose part fails."""
    try:
        image.ensure(made.docker, made.settings.variables, console)
        return made
    except Problem as problem:
        if not made.bridge.on:
            raise
        remark = f"The bridge stays off, because its image failed. {problem}"
    reduced = configure.without_bridge(made, remark)
    image.ensure(reduced.docker, reduced.settings.variables, console)
    return reduced


def _after_build(docker: Docker, project_name: str, seen: Snapshot) -> Snapshot:
    # A build takes minutes, in which sessions open in an agent container that runs.
    return snapshot.take(docker, project_name) if seen.agent_runs else seen


def _ensure_shared_volume(docker: Docker) -> None:
    if not docker.has_volume(volumes.SHARED):
        docker.check("create the volume for Claude's program", "volume", "create", volumes.SHARED)


def _start_agent(docker: Docker, console: Console, found: Settings, model: ComposeModel) -> dict[str, Any]:
    """Starts the agent container once the firewall is in force; returns the firewall's status."""
    project_name, needs = found.project_name, bool(model.dependencies(AGENT))
    seen = snapshot.take(docker, project_name)
    made_now = seen.agent is None
    agent = readiness.container_names(project_name)[0]
    with agent_start.prepared(docker, agent, make=made_now and not needs, needs=needs) as start_agent:
        policy = firewall_wait.until_ready(docker, project_name, seen.firewall)
    # The firewall may have been restarted while it was waited for.
    _leave_dead_namespace(docker, console, seen if made_now else snapshot.take(docker, project_name))
    notices.begin(docker.project)
    start_agent()
    started = snapshot.take(docker, project_name)
    if started.agent and (seen.agent is None or seen.agent.id != started.agent.id):
        own_mounts.hand_over(docker, started.agent.id, model, found.ids)
    _protect(docker, console, started, made_now=made_now)
    return policy


def _protect(docker: Docker, console: Console, seen: Snapshot, *, made_now: bool = False) -> None:
    renewed = enforce.GitStart(docker, console).protect(seen, made_now=made_now)
    agent_proof.require(docker, snapshot.take(docker, docker.project.name()) if renewed else seen)


def _leave_dead_namespace(docker: Docker, console: Console, seen: Snapshot) -> None:
    if seen.agent and seen.is_stale:
        # Its programs have no network any more, not even a closed one.
        console.say("The firewall was restarted, so the agent container restarts too.")
        docker.check("stop the agent container", "rm", "--force", seen.agent.id)


def _tell(project: Project, console: Console, policy: dict[str, Any]) -> None:
    warnings = policy.get("warnings", [])
    for warning in warnings[:_MOST_WARNINGS]:
        console.warn(str(warning))
    if len(warnings) > _MOST_WARNINGS:
        more = len(warnings) - _MOST_WARNINGS
        console.warn(f"{more} more warnings of the firewall: ./.aidevcontainer/container status")
    _tell_of_authorities(project, console)
    for sentence in reminders.collect(Path(project.root)):
        console.say(sentence)


def _tell_of_authorities(project: Project, console: Console) -> None:
    found = authorities.of(project)
    if found.trusted:
        console.say(f"The image trusts added authorities: {found.names()}")
    for remark in found.remarks():
        console.warn(remark)
