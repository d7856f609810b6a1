"""A session where none can open at once: bring the project up first."""

from __future__ import annotations

import os

from aidevcontainer.engine import readiness, socket_api
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.lifecycle.start import Start
from aidevcontainer.project.paths import Project
from aidevcontainer.session import fast
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.guard import guarded


def main(project: Project, arguments: list[str]) -> int:
    """Start what does not run and open a session of Claude with the caller's arguments."""
    console = Console()
    return guarded(console, lambda: enter(project, ["claude", *arguments], console))


def enter(project: Project, command: list[str], console: Console) -> int:
    """Start what does not run, then become a command in the agent's container. Raises Problem."""
    docker = Docker(project, dict(os.environ))
    start = Start(docker, console)
    start.for_session()
    engine = _engine(docker, start.name)
    raise Problem(fast.enter(project, project.recorded(), command, engine, docker.variables))


def _engine(docker: Docker, name: str) -> socket_api.Engine | None:
    try:
        engine = socket_api.connect(docker.variables)
        # Any answer tells the version of the engine's API.
        engine.container(readiness.container_names(name)[0])
    except socket_api.UnreachableError:
        return None
    return engine
