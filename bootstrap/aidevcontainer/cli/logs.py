"""`.aidevcontainer/container logs`: becomes docker's own command for the containers' output."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

from plumbum import cli

from aidevcontainer.bridge import switch
from aidevcontainer.cli.group import Command
from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util.errors import Problem


class LogsCommand(Command):
    """Show the output of all containers, or of one: claude, firewall, bridge."""

    follow = cli.Flag(["-f", "--follow"], help="wait for more until Ctrl+C")

    def main(self, *services: str) -> int:
        """Becomes docker's command."""
        flags = ["--follow"] if self.follow else []
        return self.carry_out(lambda docker, _: _logs(docker, flags, list(services)))


def _logs(docker: Docker, flags: list[str], services: list[str]) -> NoReturn:
    own = _containers(docker.project.name())
    if len(services) == 1 and services[0] in own:
        _one_log(docker, flags, own[services[0]])
    docker.require_compose()
    os.chdir(docker.project.folder)
    _die_of_closed_pipes()
    os.execve(docker.path, ["docker", "compose", "logs", *flags, *services], docker.variables)


def _containers(project_name: str) -> dict[str, str]:
    agent, firewall = readiness.container_names(project_name)
    return {"claude": agent, "firewall": firewall, "bridge": switch.container_name(project_name)}


def _one_log(docker: Docker, flags: list[str], container: str) -> NoReturn:
    # Compose writes terminal sequences into the lines even where they go into a file or a pipe.
    if docker.container(container) is None:
        raise Problem(
            "There is no log, because nothing was started yet. Start: ./.aidevcontainer/container up"
        )
    # docker splits a container's output into two streams; for a pipe they are one log.
    os.dup2(1, 2)
    _die_of_closed_pipes()
    os.execve(docker.path, ["docker", "logs", *flags, container], docker.variables)


def _die_of_closed_pipes() -> None:
    # Python ignores SIGPIPE, and a program inherits that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
