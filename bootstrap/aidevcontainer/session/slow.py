"""A session that cannot open at once: starts the project first."""

from __future__ import annotations

import os

from aidevcontainer.engine import readiness, socket_api
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.lifecycle import start
from aidevcontainer.project.paths import Project
from aidevcontainer.session import fast
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.guard import guarded


def main(project: Project, arguments: list[str]) -> int:
    """Starts stopped containers and opens a session of Claude with the caller's arguments."""
    console = Console()
    return guarded(console, lambda: enter(project, ["claude", *arguments], console))


def enter(project: Project, command: list[str], console: Console) -> int:
    """Starts stopped containers, then becomes a command in the agent container. Raises Problem."""
    docker = start.for_session(Docker(project, dict(os.environ)), console)
    recorded = project.recorded()
    engine = _engine(docker, recorded.name)
    raise Problem(fast.enter(project, recorded, command, engine, docker.variables, console.quiet))


def _engine(docker: Docker, name: str) -> socket_api.Engine | None:
    try:
        engine = socket_api.connect(docker.variables)
        # Any answer tells the version of the engine's API.
        engine.container(readiness.container_names(name)[0])
    except socket_api.UnreachableError:
        return None
    return engine
