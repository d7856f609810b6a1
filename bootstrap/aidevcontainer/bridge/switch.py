"""Decides whether the bridge is on, and with which variables for Compose. Without a bridge.yaml it is off."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from aidevcontainer.bridge import file
from aidevcontainer.engine import socket_api
from aidevcontainer.project import env_file
from aidevcontainer.project.paths import Project

PROFILE = "bridge"
PROFILES = "COMPOSE_PROFILES"
ON = "AIDEVCONTAINER_BRIDGE"
SOCKET = "AIDEVCONTAINER_ENGINE_SOCKET"
NAMES = (PROFILES, ON, SOCKET)


class Switch(NamedTuple):
    """The variables for `.env`, the file's commands (None without a valid file), and a warning or nothing."""

    variables: dict[str, str]
    declared: file.BridgeFile | None
    remark: str

    @property
    def on(self) -> bool:
        """Whether the project should have a broker."""
        return ON in self.variables

    def off(self, remark: str) -> Switch:
        """Returns the switch turned off, with the reason."""
        return Switch(_without(self.variables.get(PROFILES, "")), None, remark)


def container_name(project_name: str) -> str:
    """Returns the name of the bridge container."""
    return f"{project_name}-bridge-1"


def decide(project: Project, caller: dict[str, str]) -> Switch:
    """Decides by a project's file and its engine. Never raises, because sessions work without the bridge."""
    recorded = env_file.read(project.env_file)
    try:
        declared = file.load(project)
    except file.BridgeFileError as error:
        # The broker keeps the commands that it has. One that was never there is not started.
        was_on = bool(recorded.get(ON))
        remark = f"The bridge {'keeps what was in force' if was_on else 'stays off'}. {error}"
        return _switched(was_on, recorded, caller, None, remark)
    return _switched(declared is not None, recorded, caller, declared, "")


def engine_socket(caller: dict[str, str]) -> str:
    """Returns the path of the engine's socket as the engine itself sees it. Raises UnreachableError."""
    path = socket_api.connect(caller).path
    # Docker Desktop and others run the engine in a virtual machine, which has its socket at the usual path.
    if sys.platform == "darwin" or "/.docker/desktop/" in path:
        return socket_api.DEFAULT_SOCKET
    return os.path.realpath(path)


def with_profile(profiles: str) -> str:
    """Returns a list of Compose profiles that includes the bridge's."""
    return ",".join([*_others(profiles), PROFILE])


def _switched(
    on: bool,
    recorded: dict[str, str],
    caller: dict[str, str],
    declared: file.BridgeFile | None,
    remark: str,
) -> Switch:
    profiles = recorded.get(PROFILES, "")
    if not on:
        return Switch(_without(profiles), None, remark)
    try:
        socket = engine_socket(caller)
    except socket_api.UnreachableError as error:
        reason = f"The bridge stays off. It needs an engine with a socket on this machine: {error}."
        return Switch(_without(profiles), None, reason)
    return Switch({PROFILES: with_profile(profiles), ON: "yes", SOCKET: socket}, declared, remark)


def _without(profiles: str) -> dict[str, str]:
    others = ",".join(_others(profiles))
    return {PROFILES: others} if others else {}


def _others(profiles: str) -> list[str]:
    # The person's own profiles, for services of the override file.
    return [each.strip() for each in profiles.split(",") if each.strip() not in ("", PROFILE)]
