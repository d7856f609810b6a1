"""What there is to know of the bridge, for people and for programs."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, NamedTuple

from aidevcontainer.bridge import exposure, file, link
from aidevcontainer.bridge import switch as bridge_switch
from aidevcontainer.bridge.broker import target
from aidevcontainer.bridge.broker.declaration import WORKSPACE, Command, Declaration
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.project.paths import Project

_RELOAD = "./.aidevcontainer/container bridge reload"
_UP = "./.aidevcontainer/container up"
COPY = "{0} in {1} is no mount of this repository: it works on files of its own."
_LOGS = "./.aidevcontainer/container logs bridge"


class Way(NamedTuple):
    """Where a command runs. `target` is running, stopped or missing; `remarks` are sentences."""

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
    """A snapshot. `state` is one of off, broken, stopped, silent, changed, ready."""

    state: str
    sentence: str
    commands: tuple[Way, ...]


def collect(docker: Docker) -> BridgeStatus:
    """Read the file, ask broker and engine. Raises Problem where the engine cannot be asked."""
    name = docker.project.name()
    broker = docker.container(bridge_switch.container_name(name))
    runs = bool(broker and broker.running)
    force = link.in_force(docker, name) if runs else None
    try:
        declared = file.load(docker.project)
    except file.BridgeFileError as error:
        rest = "what was in force stays" if runs else "the bridge stays off"
        return _snapshot(docker, "broken", f"{error} Until that is mended, {rest}.", force)
    if declared is None:
        return _without_file(docker, runs, force)
    wanted = link.resolve(docker, declared, name)
    return _judged(docker, runs, force, wanted)


def describe(status: BridgeStatus) -> str:
    """Return the snapshot as text for a person."""
    rows = [("bridge", f"{status.state}: {status.sentence}")]
    for way in status.commands:
        rows.append((way.name, ", ".join([f"in {way.container} ({way.target})", *_details(way)])))
        rows += [("", remark) for remark in way.remarks if ("", remark) not in rows]
    width = max(9, *(len(title) for title, _ in rows))
    return "\n".join(f"{title:<{width}} {text}" for title, text in rows)


def as_data(status: BridgeStatus) -> dict[str, object]:
    """Return the snapshot for a program."""
    return {**status._asdict(), "commands": [way._asdict() for way in status.commands]}


def difference(before: Declaration | None, after: Declaration) -> str:
    """Return in a sentence what a reload changed."""
    old = {each.name: each for each in _plain(before).commands} if before else {}
    new = {each.name: each for each in _plain(after).commands}
    changes = (
        ("new", [name for name in new if name not in old]),
        ("changed", [name for name in new if name in old and new[name] != old[name]]),
        ("gone", [name for name in old if name not in new]),
    )
    words = "; ".join(f"{title}: {', '.join(names)}" for title, names in changes if names)
    return f"In force: {_count(after)}. {words[:1].upper() + words[1:] or 'Nothing changed'}."


def _plain(declared: Declaration) -> Declaration:
    """Return it without what only the engine knows, which differs by whether a service exists already."""
    commands = (replace(each, service="", project="", folders=()) for each in declared.commands)
    return replace(declared, commands=tuple(commands))


def _count(declared: Declaration) -> str:
    return f"{len(declared.commands)} command{'' if len(declared.commands) == 1 else 's'}"


def _without_file(docker: Docker, runs: bool, force: Declaration | None) -> BridgeStatus:
    if runs:
        return _snapshot(
            docker, "changed", f"bridge.yaml is gone, the bridge not yet. Remove it: {_UP}", force
        )
    hint = "./.aidevcontainer/container bridge suggest shows one to edit"
    return BridgeStatus("off", f"there is no .aidevcontainer/bridge.yaml; {hint}", ())


def _judged(docker: Docker, runs: bool, force: Declaration | None, wanted: Declaration) -> BridgeStatus:
    if not runs:
        switch = bridge_switch.decide(docker.project, docker.variables)
        sentence = switch.remark or f"the bridge does not run. Start it: {_UP}. Why it stopped: {_LOGS}"
        return _snapshot(docker, "stopped", sentence, wanted)
    if force is None:
        return _snapshot(
            docker, "silent", f"the bridge does not answer. Start it anew: {_UP}. See {_LOGS}", wanted
        )
    if _plain(force) != _plain(wanted):
        sentence = f"what is in force differs from bridge.yaml. Put the file into force: {_RELOAD}"
        return _snapshot(docker, "changed", sentence, force)
    return _snapshot(docker, "ready", f"{_count(force)} in force", force)


def _snapshot(docker: Docker, state: str, sentence: str, shown: Declaration | None) -> BridgeStatus:
    seen: dict[str, dict[str, Any] | None] = {}
    for command in shown.commands if shown else ():
        if command.container not in seen:
            seen[command.container] = docker.details(command.container)
    commands = shown.commands if shown else ()
    return BridgeStatus(
        state, sentence, tuple(_way(each, seen[each.container], docker.project) for each in commands)
    )


def _way(command: Command, details: dict[str, Any] | None, project: Project) -> Way:
    return Way(
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


def remarks(command: Command, details: dict[str, Any] | None, root: str) -> list[str]:
    """Return sentences about a command's container, of which `details` is all that the engine says."""
    if details is None:
        return [
            f"There is no container {command.container}: start the project's own services, then {_RELOAD}"
        ]
    against = target.obstacle(details) or target.stranger(details, command)
    if against:
        return [f"Refused: {against}."]
    copies = [
        COPY.format(outside, command.container)
        for inside, outside in command.paths
        if not _shares(details.get("Mounts") or [], root + inside[len(WORKSPACE) :], outside)
    ]
    return copies + exposure.sentences(command.container, details, root)


def _shares(mounts: list[dict[str, Any]], folder: str, outside: str) -> bool:
    """Tell whether a place in a container is a folder of the host, by the mount that covers it."""
    mount = exposure.covering(mounts, outside)
    if mount is None:
        return False
    source = os.path.normpath(f"{mount.get('Source', '')}/{outside[len(mount['Destination'].rstrip('/')) :]}")
    # An engine in a machine of its own sees the host's folders below one of its own: /host_mnt/Users/…
    return source.endswith(os.path.normpath(folder))


def _details(way: Way) -> list[str]:
    words = [" ".join(way.exec)] if way.exec != (way.name,) else []
    words += [f"{inside} is {outside}" for inside, outside in way.paths]
    words += [f"in {way.workdir}"] if way.workdir else []
    words += [f"as {way.user}"] if way.user else []
    return words + ([f"with {' '.join(way.environment)}"] if way.environment else [])
