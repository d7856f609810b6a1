"""A session where none can open at once: bring the project up first."""

from __future__ import annotations

import os

from bootstrap import engine_api, hot, readiness
from bootstrap.console import Console
from bootstrap.docker import Docker
from bootstrap.guard import guarded
from bootstrap.problem import Problem
from bootstrap.project import Project, of_scaffold
from bootstrap.start import Start


def main(arguments: list[str]) -> int:
    """Start what does not run and open a session of Claude with the caller's arguments."""
    console = Console()
    return guarded(console, lambda: enter(of_scaffold(__file__), ["claude", *arguments], console))


def enter(project: Project, command: list[str], console: Console) -> int:
    """Start what does not run, then become a command in the agent's container. Raises Problem."""
    docker = Docker(project, dict(os.environ))
    start = Start(docker, console)
    start.for_session()
    engine = _engine(docker, start.name)
    raise Problem(hot.enter(project, start.name, command, engine, docker.variables))


def _engine(docker: Docker, name: str) -> engine_api.Engine | None:
    try:
        engine = engine_api.connect(docker.variables)
        # Any answer tells the version of the engine's API.
        engine.container(readiness.container_names(name)[0])
    except engine_api.UnreachableError:
        return None
    return engine
