"""The docker command line, for everything that is not on the way of an ordinary session."""

from __future__ import annotations

import copy
import json
import os
from contextlib import suppress
from typing import Any, NamedTuple

from plumbum import local
from plumbum.commands.base import BaseCommand

from aidevcontainer.engine import diagnosis, socket_api, socket_exec
from aidevcontainer.engine.socket_api import Container, Engine, UnreachableError
from aidevcontainer.project.paths import Project
from aidevcontainer.util import programs
from aidevcontainer.util.errors import Problem

# They would lead Compose to other files, or to another project, than the helpers mean.
_FOREIGN = (
    "COMPOSE_FILE",
    "COMPOSE_PROJECT_NAME",
    "COMPOSE_PROFILES",
    "COMPOSE_ENV_FILES",
    "COMPOSE_PATH_SEPARATOR",
)


class Result(NamedTuple):
    """How a program ended and what it printed."""

    code: int
    out: str
    err: str


class Docker:
    """Docker for one project. Its programs never see the caller's standard input, which is the session's."""

    def __init__(self, project: Project, caller: dict[str, str]) -> None:
        variables = {**caller, **socket_api.private_engine(caller)}
        path = programs.find("docker", variables.get("PATH", os.defpath))
        if path is None:
            raise Problem(diagnosis.NO_DOCKER)
        self.path = path
        self.project = project
        self.variables = {name: value for name, value in variables.items() if name not in _FOREIGN}
        # plumbum adds what it is given to the environment that it found at its import.
        for name in _FOREIGN:
            if name in local.env:
                del local.env[name]
        self._engine = _engine(self.variables)

    def with_variables(self, variables: dict[str, str]) -> Docker:
        """Returns a client of the same engine whose programs get other variables."""
        client = copy.copy(self)
        client.variables = variables
        return client

    def run(self, *arguments: str, input: str = "") -> Result:
        """Run docker with some text as its input, by default none, and return how it went."""
        command = self.command(*arguments)
        fed = command << input if input else command < os.devnull
        code, out, err = fed.run(retcode=None, env=self.variables, cwd=self.project.folder)
        return Result(code, out, err)

    def execute(self, container: str, *command: str) -> Result:
        """Run a command that may be run twice in a container: 50 ms by the socket, else 90 by docker."""
        if self._engine:
            with suppress(UnreachableError):
                done = socket_exec.execute(self._engine, container, command)
                return Result(done.code, done.out, done.err)
        return self.run("exec", container, *command)

    def start(self, container: str) -> None:
        """Start a container that is there. Raises Problem."""
        if self._engine:
            with suppress(UnreachableError):
                if self._engine.post(f"/containers/{container}/start", b"")[0] in (204, 304):
                    return
        self.check(f"start {container}", "start", container)

    def check(self, action: str, *arguments: str) -> str:
        """Run docker and return its output; raise Problem with a sentence about `action` when it fails."""
        result = self.run(*arguments)
        if result.code:
            if arguments[0] == "compose":
                # Without Compose, docker complains about the options instead.
                self.require_compose()
            raise Problem(diagnosis.explain(action, result.err + result.out))
        return result.out

    def command(self, *arguments: str) -> BaseCommand:
        """Return the command without running it."""
        command: BaseCommand = local[self.path][list(arguments)]
        return command

    def container(self, name: str) -> Container | None:
        """Return a container, or None when there is none. Raises Problem when the engine cannot be asked."""
        if self._engine:
            # Where it does not answer, docker says why.
            with suppress(UnreachableError):
                return self._engine.container(name)
        found = self._inspect("container", name)
        return Container(found.encode()) if found else None

    def details(self, name: str) -> dict[str, Any] | None:
        """Return all that the engine says of a container, or None when there is none. Raises Problem."""
        found = self._inspect("container", name)
        return dict(json.loads(found)) if found else None

    def has_image(self, name: str) -> bool:
        """Tell whether the engine has an image. Raises Problem when the engine cannot be asked."""
        return self._has(f"/images/{name}/json") or bool(self._inspect("image", name))

    def has_volume(self, name: str) -> bool:
        """Tell whether the engine says that it has a volume; no where it cannot be asked."""
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
        """Raise Problem when there is no Compose v2."""
        result = self.run("compose", "version", "--short")
        if result.code or not result.out.strip().lstrip("v").startswith(("2", "3", "4", "5")):
            raise Problem(diagnosis.NO_COMPOSE)


def _engine(variables: dict[str, str]) -> Engine | None:
    # Asking the socket takes 3 ms, asking docker 65, and a start has a dozen questions.
    try:
        return socket_api.connect(variables)
    except UnreachableError:
        return None
