"""The host's side of the broker: start it, tell it what a person declared, ask what is in force, remove it.

Nothing here may keep a session from opening, so whatever fails is a sentence and no more.
"""

from __future__ import annotations

from aidevcontainer.bridge import switch as bridge_switch
from aidevcontainer.bridge import targets as bridge_targets
from aidevcontainer.bridge.broker import declaration
from aidevcontainer.bridge.broker.declaration import Declaration
from aidevcontainer.bridge.file import BridgeFile
from aidevcontainer.bridge.switch import Switch
from aidevcontainer.engine import diagnosis
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_exec import Result
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem

_CODE = "/usr/local/lib/aidevcontainer/bridge/aidevcontainer/bridge/broker"
_ACCEPT = ("/usr/bin/python3", "-I", "-S", f"{_CODE}/accept.py")
_STATUS = "./.aidevcontainer/container bridge status"


def follow(docker: Docker, console: Console, switch: Switch, project_name: str) -> None:
    """Bring the broker in line with the file: started and up to date, or gone. What fails is said."""
    if switch.remark:
        console.warn(switch.remark)
    try:
        if switch.on:
            _start(docker, switch, project_name)
        else:
            _remove(docker, console, bridge_switch.container_name(project_name))
    except Problem as problem:
        console.warn(f"Sessions work, but without the bridge. {problem} More: {_STATUS}")


def hand_over(docker: Docker, declared: Declaration) -> None:
    """Put a declaration into force, without a restart and without touching what runs. Raises Problem."""
    try:
        text = declaration.encode(declared)
    except ValueError as error:
        raise Problem(f"{error}.") from error
    result = _ask(docker, declared.project, text)
    if result.code:
        raise Problem(_reason("hand the declared commands to the bridge", result))


def in_force(docker: Docker, project_name: str) -> Declaration | None:
    """Return what the broker obeys now, None when it does not say."""
    result = _ask(docker, project_name, "", "--show")
    try:
        return declaration.decode(result.out.strip()) if result.code == 0 else None
    except ValueError:
        return None


def resolve(docker: Docker, declared: BridgeFile, project_name: str) -> Declaration:
    """Return what a file means on this engine now. Raises Problem."""
    found = bridge_targets.containers(docker, declared.targets)
    commands = (each.in_container(*found[each.target.alias]) for each in declared.commands.values())
    return Declaration(tuple(commands), project_name)


def _start(docker: Docker, switch: Switch, project_name: str) -> None:
    docker.check("start the bridge", "compose", "up", "--detach", "--no-deps", "bridge")
    # A broken file changes nothing: the broker goes on with what it was given before.
    if switch.declared is not None:
        hand_over(docker, resolve(docker, switch.declared, project_name))


def _remove(docker: Docker, console: Console, container: str) -> None:
    if docker.container(container) is None:
        return
    console.say("There is no bridge.yaml in force any more: the bridge is removed.")
    # Stopped first, so that it ends what it started elsewhere.
    docker.run("stop", container)
    docker.check("remove the bridge", "rm", "--force", container)


def _ask(docker: Docker, project_name: str, text: str, *flags: str) -> Result:
    container = bridge_switch.container_name(project_name)
    return docker.run("exec", "-i", container, *_ACCEPT, *flags, input=text)


def _reason(action: str, result: Result) -> str:
    return diagnosis.explain(action, result.err + result.out)
