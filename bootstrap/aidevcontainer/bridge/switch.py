"""Whether the bridge is on, and what Compose has to know for it. Off unless bridge.yaml asks for it."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from aidevcontainer.bridge import file
from aidevcontainer.engine import socket_api
from aidevcontainer.project import env_file as envfile
from aidevcontainer.project.paths import Project

PROFILE = "bridge"
PROFILES = "COMPOSE_PROFILES"
ON = "AIDEVCONTAINER_BRIDGE"
SOCKET = "AIDEVCONTAINER_ENGINE_SOCKET"
NAMES = (PROFILES, ON, SOCKET)


class Switch(NamedTuple):
    """What `.env` is to hold, what the file declares (None while broken or not there), and a sentence."""

    variables: dict[str, str]
    declared: file.BridgeFile | None
    remark: str

    @property
    def on(self) -> bool:
        """Whether there is to be a broker."""
        return ON in self.variables

    def off(self, remark: str) -> Switch:
        """Return the same for when the bridge cannot be."""
        return Switch(_without(self.variables.get(PROFILES, "")), None, remark)


OFF = Switch({}, None, "")


def container_name(project_name: str) -> str:
    """Return the name of the broker's container."""
    return f"{project_name}-bridge-1"


def decide(project: Project, caller: dict[str, str]) -> Switch:
    """Return what a project's file and the engine lead to. Never raises: sessions do without the bridge."""
    recorded = envfile.read(project.env_file)
    try:
        declared = file.load(project)
    except file.BridgeFileError as error:
        # What was in force stays, in the broker's own memory; where nothing was, nothing comes.
        was_on = bool(recorded.get(ON))
        remark = f"The bridge {'keeps what was in force' if was_on else 'stays off'}. {error}"
        return _switched(was_on, recorded, caller, None, remark)
    return _switched(declared is not None, recorded, caller, declared, "")


def engine_socket(caller: dict[str, str]) -> str:
    """Return the path of the engine's socket where the engine itself sees it. Raises UnreachableError."""
    path = socket_api.connect(caller).path
    # Docker Desktop and its like run the engine in a machine of its own, with its socket at the usual place.
    if sys.platform == "darwin" or "/.docker/desktop/" in path:
        return socket_api.DEFAULT_SOCKET
    return os.path.realpath(path)


def with_profile(profiles: str) -> str:
    """Return a list of Compose profiles with the bridge's in it."""
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
        reason = f"The bridge stays off, since it needs an engine with a socket on this machine: {error}."
        return Switch(_without(profiles), None, reason)
    return Switch({PROFILES: with_profile(profiles), ON: "yes", SOCKET: socket}, declared, remark)


def _without(profiles: str) -> dict[str, str]:
    others = ",".join(_others(profiles))
    return {PROFILES: others} if others else {}


def _others(profiles: str) -> list[str]:
    # A person's own profiles, for services of the override file.
    return [each.strip() for each in profiles.split(",") if each.strip() not in ("", PROFILE)]
