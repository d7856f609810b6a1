"""A project whose bridge leads to two containers, as a person would have them beside the agent's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aidevcontainer.project import names

from . import scaffold
from .docker import docker
from .fixtures import BASE_IMAGE
from .hostuser import HostUser
from .internet import Internet
from .project import Project
from .run import Finished

# `tool` is a shell, for a test to say what it does. `limp` lives in a container that tests stop and kill.
DECLARED = """\
version: "1"
default_container: app
containers:
  app: {{name: {app}, paths: {{/workspace: /code}}, environment: [SHARED]}}
  fragile: {{name: {fragile}, workdir: /tmp}}
  absent: {{name: {app}-absent, workdir: /}}
  own: {{name: {own}, workdir: /}}
commands:
  tool: {{exec: sh}}
  copy: {{exec: cat}}
  words: {{exec: [printf, "[%s]"]}}
  nothing: {{exec: true}}
  lacking: {{exec: no-such-program}}
  limp: {{exec: sh, container: fragile}}
  absent: {{exec: sh, container: absent}}
  own: {{exec: sh, container: own}}
"""


class Bridge:
    """`project` is up; `app` and `fragile` are the names of the containers that its commands run in."""

    def __init__(self, project: Project, name: str) -> None:
        self.project = project
        self.app, self.fragile = f"{name}-app", f"{name}-fragile"

    @property
    def broker(self) -> str:
        """Returns the name of the broker's container."""
        return self.project.claude.replace("-claude-", "-bridge-")

    def start(self, image: str) -> None:
        """Starts the containers and declares their commands."""
        mount = f"{self.project.path}:/code"
        for name, options in ((self.app, ["--volume", mount]), (self.fragile, [])):
            line = ["--detach", "--init", "--network", "none", "--name", name, *options, image]
            docker("run", *line, "sleep", "infinity")
        # What Compose calls it is settled by the first start only.
        own = f"{names.project_name(str(self.project.path))}-claude-1"
        text = DECLARED.format(app=self.app, fragile=self.fragile, own=own)
        self.project.write(".aidevcontainer/bridge.yaml", text)
        self.project.up()

    def stop(self) -> None:
        """Removes the containers."""
        docker("rm", "--force", "--volumes", self.app, self.fragile)

    def run(
        self,
        *command: str,
        input: str | bytes = "",
        at: str = "/workspace",
        timeout: float = 60,
        **variables: str,
    ) -> Finished:
        """Runs a command in the agent container, as the agent."""
        named = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        line = ("exec", "--interactive", "--workdir", at, *named, self.project.claude, *command)
        return docker(*line, input=input, check=False, timeout=timeout)

    def log(self) -> list[dict[str, Any]]:
        """Returns the broker's log."""
        done = docker("logs", self.broker)
        return [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]

    def left(self, container: str = "") -> list[str]:
        """Returns the command lines of what runs in a container besides its main process and the init."""
        listed = docker("top", container or self.app, "-eo", "pid,args").out.splitlines()[1:]
        lines = [line.split(maxsplit=1)[1] for line in listed]
        return [line for line in lines if not line.endswith("sleep infinity")]


@pytest.fixture(scope="session")
def bridge(workspace: Path, release: Path, internet: Internet, host_user: HostUser) -> Iterator[Bridge]:
    """A project with a bridge that is up. Shared: what a test starts, it ends."""
    name = scaffold.unique("bridged")
    project = scaffold.repository(workspace / name, host_user)
    scaffold.scaffold(project, release)
    scaffold.join(project, internet)
    found = Bridge(project, name)
    with project.remove_at_end():
        try:
            found.start(os.environ.get("ALPINE_IMAGE", BASE_IMAGE))
            yield found
        finally:
            found.stop()
            project.helper("container", "down")
