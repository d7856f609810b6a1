"""`.aidevcontainer/container logs`: the containers' output as docker prints it, less control characters."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from typing import IO

from plumbum import cli

from aidevcontainer.bridge import switch
from aidevcontainer.cli.group import Command
from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util import trace
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.log_text import LogText


class LogsCommand(Command):
    """Show the output of all containers, or of one: claude, firewall, bridge."""

    follow = cli.Flag(["-f", "--follow"], help="wait for more until Ctrl+C")

    def main(self, *services: str) -> int:
        """Prints the output."""
        flags = ["--follow"] if self.follow else []
        return self.carry_out(lambda docker, _: _logs(docker, flags, list(services)))


def _logs(docker: Docker, flags: list[str], services: list[str]) -> int:
    own = _containers(docker.project.name())
    if len(services) == 1 and services[0] in own:
        return _one_log(docker, flags, own[services[0]])
    docker.require_compose()
    return _run(docker, ["compose", "logs", *flags, *services], subprocess.PIPE)


def _containers(project_name: str) -> dict[str, str]:
    agent, firewall = readiness.container_names(project_name)
    return {"claude": agent, "firewall": firewall, "bridge": switch.container_name(project_name)}


def _one_log(docker: Docker, flags: list[str], container: str) -> int:
    # Compose writes each container's name in front of its lines.
    if docker.container(container) is None:
        raise Problem(
            "There is no log, because nothing was started yet. Start: ./.aidevcontainer/container up"
        )
    # docker splits a container's output into two streams; for a pipe they are one log.
    return _run(docker, ["logs", *flags, container], subprocess.STDOUT)


def _run(docker: Docker, arguments: list[str], errors: int) -> int:
    trace.command(["docker", *arguments])
    with subprocess.Popen(
        [docker.path, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=docker.variables,
        cwd=docker.project.folder,
    ) as process:
        try:
            _relay([(process.stdout, sys.stdout), (process.stderr, sys.stderr)])
        except BaseException:
            # After Ctrl+C, or when nobody reads any more, docker would follow the log without end.
            process.kill()
            raise
    return process.returncode


def _relay(streams: list[tuple[IO[bytes] | None, IO[str]]]) -> None:
    with selectors.DefaultSelector() as selector:
        for source, target in streams:
            if source:
                selector.register(source, selectors.EVENT_READ, (target, LogText()))
        while selector.get_map():
            for key, _ in selector.select():
                target, text = key.data
                data = os.read(key.fd, 65536)
                target.write(text.feed(data))
                target.flush()
                if not data:
                    selector.unregister(key.fileobj)
