"""The docker command line, for everything that is not on the way of an ordinary session.

Questions that the engine's socket answers as well go there, which is 20 times as fast.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
from contextlib import suppress
from typing import Any

from plumbum import local
from plumbum.commands.base import BaseCommand

from aidevcontainer.engine import diagnosis, socket_api, socket_exec
from aidevcontainer.engine.caller import is_foreign, own_variables
from aidevcontainer.engine.socket_api import Container, Engine, UnreachableError
from aidevcontainer.engine.socket_exec import Result
from aidevcontainer.project.paths import Project
from aidevcontainer.util import programs, trace, versions
from aidevcontainer.util.errors import Problem

_OLDEST_COMPOSE = (2,)


class Docker:
    """Docker for one project. Its programs never read the caller's standard input, which is the session's."""

    def __init__(self, project: Project, caller: dict[str, str]) -> None:
        variables = {**caller, **socket_api.private_engine(caller)}
        path = programs.find("docker", variables.get("PATH", os.defpath))
        if path is None:
            raise Problem(diagnosis.NO_DOCKER)
        self.path = path
        self.project = project
        self.variables = own_variables(variables)
        # plumbum adds the given variables to the environment that it found at its import.
        for name in [name for name, _ in local.env if is_foreign(name)]:
            del local.env[name]
        self._engine = _engine(self.variables)

    def with_variables(self, variables: dict[str, str]) -> Docker:
        """Returns a client of the same engine whose programs get other variables."""
        client = copy.copy(self)
        client.variables = variables
        return client

    @property
    def is_local(self) -> bool:
        """Returns whether the engine has a socket on this machine, and so very probably its files."""
        return self._engine is not None

    def run(self, *arguments: str, input: str | bytes = "") -> Result:
        """Runs docker with an input, by default none, and returns how it ended."""
        trace.command(["docker", *arguments])
        # Not plumbum, which leaves out bytes that are not text: a name without them is another name.
        done = subprocess.run(
            [self.path, *arguments],
            input=input.encode() if isinstance(input, str) else input,
            capture_output=True,
            env=self.variables,
            cwd=self.project.folder,
            check=False,
        )
        out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        return Result(done.returncode, out, err)

    def execute(self, container: str, *command: str) -> Result:
        """Runs a command in a container: 50 ms over the socket, else 90 with docker.

        If the socket fails halfway the command runs again, so use it for commands that may run twice.
        """
        if self._engine:
            with suppress(UnreachableError):
                trace.command(["docker", "exec", container, *command])
                return socket_exec.execute(self._engine, container, command)
        return self.run("exec", container, *command)

    def start(self, container: str) -> None:
        """Starts an existing container. Raises Problem."""
        if self._engine:
            with suppress(UnreachableError):
                trace.command(["docker", "start", container])
                if self._engine.post(f"/containers/{container}/start", b"")[0] in (204, 304):
                    return
        self.check(f"start {container}", "start", container)

    def check(self, action: str, *arguments: str, input: str | bytes = "") -> str:
        """Runs docker and returns its output. Raises Problem with a sentence about `action`."""
        result = self.run(*arguments, input=input)
        if result.code:
            if arguments[0] == "compose":
                # Without Compose, docker complains about the options instead.
                self.require_compose()
            raise Problem(diagnosis.explain(action, result.err + result.out))
        return result.out

    def command(self, *arguments: str) -> BaseCommand:
        """Returns the command without running it."""
        command: BaseCommand = local[self.path][list(arguments)]
        return command

    def container(self, name: str) -> Container | None:
        """Returns a container, None where there is none. Raises Problem when the engine does not answer."""
        if self._engine:
            # If the socket does not answer, docker says why.
            with suppress(UnreachableError):
                return self._engine.container(name)
        found = self._inspect("container", name)
        return Container(found.encode()) if found else None

    def details(self, name: str) -> dict[str, Any] | None:
        """Returns all that the engine knows of a container, None where there is none. Raises Problem."""
        found = self._inspect("container", name)
        return dict(json.loads(found)) if found else None

    def has_image(self, name: str) -> bool:
        """Returns whether the engine has an image. Raises Problem when the engine does not answer."""
        return self._has(f"/images/{name}/json") or bool(self._inspect("image", name))

    def has_volume(self, name: str) -> bool:
        """Returns whether the engine has a volume, False when the engine does not answer."""
        return self._has(f"/volumes/{name}")

    def _has(self, target: str) -> bool:
        try:
            return self._engine is not None and self._engine.has(target)
        except UnreachableError:
            return False

    def _inspect(self, kind: str, name: str) -> str:
        result = self.run(kind, "inspect", "--format", "{{json .}}", name)
        if result.code and f"no such {kind}" not in result.err.lower():
            raise Problem(diagnosis.explain("ask the container engine", result.err))
        return result.out if result.code == 0 else ""

    def require_compose(self) -> None:
        """Raises Problem where Compose v2 or newer is missing."""
        result = self.run("compose", "version", "--short")
        if result.code or versions.numbers(result.out) < _OLDEST_COMPOSE:
            raise Problem(diagnosis.NO_COMPOSE)


def _engine(variables: dict[str, str]) -> Engine | None:
    # A question takes 3 ms over the socket and 65 ms with docker.
    try:
        return socket_api.connect(variables)
    except UnreachableError:
        return None
