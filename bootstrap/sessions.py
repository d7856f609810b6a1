"""What runs in an agent's container besides its own wait: sessions, mostly."""

from __future__ import annotations

from bootstrap import engine_api, readiness
from bootstrap.docker import Docker

_LONGEST = 70  # characters of a command that is shown


def running(docker: Docker) -> list[str]:
    """Return the commands of all sessions of a project, as far as the engine tells them. Raises Problem."""
    container = docker.container(readiness.container_names(docker.project.name())[0])
    if container is None or not container.running:
        return []
    return [_command(docker.variables, number) for number in container.sessions]


def _command(variables: dict[str, str], number: str) -> str:
    try:
        words = " ".join(engine_api.connect(variables).exec_command(number))
    except engine_api.UnreachableError:
        return "a session"
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
