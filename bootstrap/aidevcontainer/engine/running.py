"""The sessions that run in an agent container."""

from __future__ import annotations

from aidevcontainer.engine import snapshot, socket_api
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot

_MOST_SHOWN = 70  # characters of a command


def running(docker: Docker, seen: Snapshot | None = None) -> list[str]:
    """Returns the commands of a project's open sessions, as far as the engine tells them.

    Takes a snapshot where the caller has none. Raises Problem.
    """
    found = seen or snapshot.take(docker, docker.project.name())
    return [_command(docker.variables, number) for number in found.sessions]


def _command(variables: dict[str, str], number: str) -> str:
    try:
        words = " ".join(socket_api.connect(variables).exec_command(number))
    except socket_api.UnreachableError:
        return "a session"
    return words if len(words) <= _MOST_SHOWN else f"{words[: _MOST_SHOWN - 1]}…"
