"""The proof from inside the agent container that the firewall's rules apply to it."""

from __future__ import annotations

import os

from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.lifecycle import isolation
from aidevcontainer.project import env_file
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

_SCRIPT = "scripts/start-agent.sh"
_PREFIX = "aidevcontainer: the agent container does not start: "


def require(docker: Docker, seen: Snapshot) -> None:
    """Proves a running agent container and remembers that for the next sessions.

    Stops it where the rules do not apply. Raises Problem, also for settings that nobody accepted.
    """
    agent, project = seen.agent, docker.project
    if agent is None or not agent.running:
        return
    isolation.require(isolation.of_containers(docker, seen), env_file.read(project.env_file))
    # The project's own copy: a container that was made from an older image has none.
    script = files.read_text(os.path.join(project.folder, _SCRIPT))
    result = docker.execute(agent.id, "sh", "-c", script or "exit 1", "start-agent.sh")
    if result.code:
        docker.run("stop", "--time", "1", agent.id)
        raise Problem(_sentence(result.err or result.out))
    readiness.remember_ready(readiness.container_names(project.name())[0], agent)


def _sentence(said: str) -> str:
    reason = said.strip().removeprefix(_PREFIX) or "the proof could not run."
    return (
        f"The agent container was stopped: {reason}\n"
        "See the settings that weaken it: ./.aidevcontainer/container doctor"
    )
