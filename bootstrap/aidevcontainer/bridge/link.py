"""The host's side of the broker: starts it, hands it the declared commands, asks for them, removes it.

A failure here becomes a warning, because a session must open without the bridge too.
"""

from __future__ import annotations

from aidevcontainer.bridge import switch, targets
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


def follow(docker: Docker, console: Console, wanted: Switch, project_name: str) -> None:
    """Starts the broker and hands it the commands, or removes it. Warns about a failure."""
    if wanted.remark:
        console.warn(wanted.remark)
    try:
        if wanted.on:
            _start(docker, wanted, project_name)
        else:
            _remove(docker, console, switch.container_name(project_name))
    except Problem as problem:
        console.warn(f"Sessions work, but without the bridge. {problem} Details: {_STATUS}")


def hand_over(docker: Docker, declared: Declaration) -> None:
    """Puts a declaration into force. Running commands go on. Raises Problem."""
    try:
        text = declaration.encode(declared)
    except ValueError as error:
        raise Problem(f"{error}.") from error
    result = _ask(docker, declared.project, text)
    if result.code:
        raise Problem(_reason("hand the declared commands to the bridge", result))


def in_force(docker: Docker, project_name: str) -> Declaration | None:
    """Returns the declaration in force, None where the broker does not answer."""
    result = _ask(docker, project_name, "", "--show")
    try:
        return declaration.decode(result.out.strip()) if result.code == 0 else None
    except ValueError:
        return None


def resolve(docker: Docker, declared: BridgeFile, project_name: str) -> Declaration:
    """Returns a file's commands with the containers that this engine has now. Raises Problem."""
    found = targets.containers(docker, declared.targets)
    commands = (each.in_container(*found[each.target.alias]) for each in declared.commands.values())
    return Declaration(tuple(commands), project_name)


def _start(docker: Docker, wanted: Switch, project_name: str) -> None:
    docker.check("start the bridge", "compose", "up", "--detach", "--no-deps", "bridge")
    # With a broken file the broker keeps the commands that it has.
    if wanted.declared is not None:
        hand_over(docker, resolve(docker, wanted.declared, project_name))


def _remove(docker: Docker, console: Console, container: str) -> None:
    if docker.container(container) is None:
        return
    console.say("The bridge is off. Removing its container.")
    # Stopping lets the broker end the commands that it started in other containers.
    docker.run("stop", container)
    docker.check("remove the bridge", "rm", "--force", container)


def _ask(docker: Docker, project_name: str, text: str, *flags: str) -> Result:
    container = switch.container_name(project_name)
    return docker.run("exec", "-i", container, *_ACCEPT, *flags, input=text)


def _reason(action: str, result: Result) -> str:
    return diagnosis.explain(action, result.err + result.out)
