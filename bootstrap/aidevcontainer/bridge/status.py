"""`container bridge status`: what is in force, in which containers, and what is wrong with them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, NamedTuple

from aidevcontainer.bridge import exposure, file, link, switch
from aidevcontainer.bridge.broker import container_checks
from aidevcontainer.bridge.broker.declaration import WORKSPACE, BrokerCommand, Declaration
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.project.paths import Project
from aidevcontainer.util import table

_RELOAD = "./.aidevcontainer/container bridge reload"
_UP = "./.aidevcontainer/container up"
COPY = "{0} in {1} is not a mount of this repository. Commands there work on other files."
_SUGGEST = "./.aidevcontainer/container bridge suggest --write"
_LOGS = "./.aidevcontainer/container logs bridge"


class CommandStatus(NamedTuple):
    """Where a command runs. `target` is running, stopped or missing. `remarks` are sentences."""

    name: str
    container: str
    target: str
    exec: tuple[str, ...]
    paths: tuple[tuple[str, str], ...]
    workdir: str
    user: str
    environment: tuple[str, ...]
    remarks: tuple[str, ...]


class BridgeStatus(NamedTuple):
    """A snapshot. `state` is one of off, broken, stopped, silent, changed and ready."""

    state: str
    sentence: str
    commands: tuple[CommandStatus, ...]


def collect(docker: Docker) -> BridgeStatus:
    """Reads the file and asks the broker and the engine. Raises Problem where the engine does not answer."""
    name = docker.project.name()
    broker = docker.container(switch.container_name(name))
    runs = bool(broker and broker.running)
    force = link.in_force(docker, name) if runs else None
    try:
        declared = file.load(docker.project)
    except file.BridgeFileError as error:
        rest = "the last valid file stays in force" if runs else "the bridge stays off"
        return _snapshot(docker, "broken", f"{error} Until you fix it, {rest}.", force)
    if declared is None:
        return _without_file(docker, runs, force)
    wanted = link.resolve(docker, declared, name)
    return _judged(docker, runs, force, wanted)


def describe(status: BridgeStatus) -> str:
    """Returns the snapshot as text for a person."""
    rows = [("bridge", f"{status.state}: {status.sentence}")]
    for each in status.commands:
        rows.append((each.name, ", ".join([f"in {each.container} ({each.target})", *_details(each)])))
        rows += [("", remark) for remark in each.remarks if ("", remark) not in rows]
    return table.text(rows)


def as_data(status: BridgeStatus) -> dict[str, object]:
    """Returns the snapshot for a program."""
    return {**status._asdict(), "commands": [each._asdict() for each in status.commands]}


def difference(before: Declaration | None, after: Declaration) -> str:
    """Returns a sentence on the changes of a reload."""
    old = {each.name: each for each in _declared(before).commands} if before else {}
    new = {each.name: each for each in _declared(after).commands}
    changes = (
        ("new", [name for name in new if name not in old]),
        ("changed", [name for name in new if name in old and new[name] != old[name]]),
        ("removed", [name for name in old if name not in new]),
    )
    words = "; ".join(f"{title}: {', '.join(names)}" for title, names in changes if names)
    return f"In force: {_count(after)}. {words[:1].upper() + words[1:] or 'No changes'}."


def _declared(declared: Declaration) -> Declaration:
    # Compose's labels come from the engine, and are not known until the service exists.
    commands = (replace(each, service="", project="", folders=()) for each in declared.commands)
    return replace(declared, commands=tuple(commands))


def _count(declared: Declaration) -> str:
    return f"{len(declared.commands)} command{'' if len(declared.commands) == 1 else 's'}"


def _without_file(docker: Docker, runs: bool, force: Declaration | None) -> BridgeStatus:
    if runs:
        sentence = f"bridge.yaml is gone, but the bridge is still running. Remove it: {_UP}"
        return _snapshot(docker, "changed", sentence, force)
    return BridgeStatus("off", f"there is no .aidevcontainer/bridge.yaml. Create one: {_SUGGEST}", ())


def _judged(docker: Docker, runs: bool, force: Declaration | None, wanted: Declaration) -> BridgeStatus:
    if not runs:
        remark = switch.decide(docker.project, docker.variables).remark
        sentence = remark or f"the bridge is not running. Start it: {_UP}. Why it stopped: {_LOGS}"
        return _snapshot(docker, "stopped", sentence, wanted)
    if force is None:
        sentence = f"the bridge does not answer. Start it again: {_UP}. Its log: {_LOGS}"
        return _snapshot(docker, "silent", sentence, wanted)
    if _declared(force) != _declared(wanted):
        sentence = f"bridge.yaml differs from the commands in force. Put the file into force: {_RELOAD}"
        return _snapshot(docker, "changed", sentence, force)
    return _snapshot(docker, "ready", f"{_count(force)} in force", force)


def _snapshot(docker: Docker, state: str, sentence: str, shown: Declaration | None) -> BridgeStatus:
    commands = shown.commands if shown else ()
    seen = {name: docker.details(name) for name in {each.container: None for each in commands}}
    found = (_command(each, seen[each.container], docker.project) for each in commands)
    return BridgeStatus(state, sentence, tuple(found))


def _command(command: BrokerCommand, details: dict[str, Any] | None, project: Project) -> CommandStatus:
    return CommandStatus(
        name=command.name,
        container=command.container,
        target=_target(details),
        exec=command.exec,
        paths=command.paths,
        workdir=command.workdir,
        user=command.user,
        environment=command.environment,
        remarks=tuple(remarks(command, details, project.root)),
    )


def _target(details: dict[str, Any] | None) -> str:
    if details is None:
        return "missing"
    return "running" if details["State"]["Status"] == "running" else "stopped"


def remarks(command: BrokerCommand, details: dict[str, Any] | None, root: str) -> list[str]:
    """Returns sentences about a command's container, which `details` describes as the engine does."""
    if details is None:
        return [f"There is no container {command.container}. Start the project's services, then: {_RELOAD}"]
    against = container_checks.obstacle(details) or container_checks.stranger(details, command)
    if against:
        return [f"Refused: {against}."]
    copies = [
        COPY.format(outside, command.container)
        for inside, outside in command.paths
        if not _shares(details.get("Mounts") or [], root + inside[len(WORKSPACE) :], outside)
    ]
    return copies + exposure.sentences(command.container, details, root)


def _shares(mounts: list[dict[str, Any]], folder: str, outside: str) -> bool:
    """Returns whether a path of a container is a folder of the host, by the mount that holds it."""
    mount = exposure.covering(mounts, outside)
    if mount is None:
        return False
    source = os.path.normpath(f"{mount.get('Source', '')}/{outside[len(mount['Destination'].rstrip('/')) :]}")
    # Docker Desktop's engine runs in a virtual machine and has the host's folders below /host_mnt.
    return source.endswith(os.path.normpath(folder))


def _details(command: CommandStatus) -> list[str]:
    words = [" ".join(command.exec)] if command.exec != (command.name,) else []
    words += [f"{inside} is {outside}" for inside, outside in command.paths]
    words += [f"in {command.workdir}"] if command.workdir else []
    words += [f"as {command.user}"] if command.user else []
    return words + ([f"with {' '.join(command.environment)}"] if command.environment else [])
