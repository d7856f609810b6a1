"""Stops a project's containers, or removes them and keeps their volumes."""

from __future__ import annotations

from aidevcontainer.bridge import switch
from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.lifecycle import configure
from aidevcontainer.util.console import Console


def stop(docker: Docker, console: Console) -> None:
    """Stops the containers. Raises Problem."""
    made = configure.run(docker, console)
    made.docker.require_compose()
    made.docker.check("stop the containers", "compose", "stop")


def remove(docker: Docker, console: Console) -> None:
    """Removes the containers; volumes stay. Raises Problem."""
    made = configure.run(docker, console)
    made.docker.require_compose()
    _with_bridge(made.docker).check("remove the containers", "compose", "down", "--remove-orphans")
    readiness.forget_ready(made.settings.project_name)


def _with_bridge(docker: Docker) -> Docker:
    # Compose overlooks the containers of a profile that is off.
    profiles = switch.with_profile(docker.variables.get(switch.PROFILES, ""))
    return docker.with_variables({**docker.variables, switch.PROFILES: profiles})
