"""What runs in an agent's container besides its own wait: sessions, mostly."""

from __future__ import annotations

from aidevcontainer.engine import readiness, socket_api
from aidevcontainer.engine.docker_cli import Docker

_LONGEST = 70  # characters of a command that is shown


def running(docker: Docker) -> list[str]:
    """Return the commands of all sessions of a project, as far as the engine tells them. Raises Problem."""
    container = docker.container(readiness.container_names(docker.project.name())[0])
    if container is None or not container.running:
        return []
    return [_command(docker.variables, number) for number in container.sessions]


def _command(variables: dict[str, str], number: str) -> str:
    try:
        words = " ".join(socket_api.connect(variables).exec_command(number))
    except socket_api.UnreachableError:
        return "a session"
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
