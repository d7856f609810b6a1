"""Gives checks what they look at: the project, `docker info`, the two containers. Each is asked for once."""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from aidevcontainer.doctor.finding import SkippedError
from aidevcontainer.engine import compose_model, diagnosis, readiness, socket_api
from aidevcontainer.engine.caller import own_variables
from aidevcontainer.engine.compose_model import ComposeModel
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.git.runner import Git
from aidevcontainer.project import env_file, names
from aidevcontainer.project.paths import Project
from aidevcontainer.util import light_json, programs
from aidevcontainer.util.errors import Problem

_T = TypeVar("_T")
# The names of the two containers in a sentence.
AGENT, FIREWALL = "the agent container", "the firewall"
_PATIENCE = 15.0  # seconds for one program


class Finished(NamedTuple):
    """The exit code and the output of a program."""

    code: int
    out: str
    err: str


class Context:
    """The state of one project, for all checks. Safe among threads.

    Each property raises SkippedError if it cannot be found out. `say` reports slow steps.
    """

    def __init__(
        self, project: Project, caller: dict[str, str], say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.project = project
        self.say = say
        self.root = project.root
        self.folder = project.folder
        self.private = socket_api.private_engine(caller)
        self.variables = own_variables({**caller, **self.private})
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._known: dict[str, object] = {}

    @property
    def name(self) -> str:
        """The Compose project's name."""
        try:
            return self.project.name()
        except OSError:
            # The recorded name cannot be read, and a start would choose this one.
            return names.project_name(self.root)

    @property
    def values(self) -> dict[str, str]:
        """The assignments of `.env`."""
        return self._once("values", self._read_values)

    @property
    def info(self) -> dict[str, Any]:
        """The output of `docker info`."""
        return self._once("info", self._ask_engine)

    @property
    def client(self) -> Docker:
        """The client that the other helpers use."""
        return self._once("client", self._connect)

    @property
    def model(self) -> ComposeModel:
        """The project's Compose files as Compose understands them."""
        return self._once("model", self._read_model)

    @property
    def claude(self) -> Container | None:
        """The agent container."""
        return self._once("claude", lambda: self._container(readiness.container_names(self.name)[0]))

    @property
    def firewall(self) -> Container | None:
        """The firewall container."""
        return self._once("firewall", lambda: self._container(readiness.container_names(self.name)[1]))

    @property
    def status(self) -> dict[str, Any]:
        """The firewall's status file."""
        return self._once("status", self._read_status)

    def path(self, *parts: str) -> str:
        """Returns a path inside `.aidevcontainer/`."""
        return os.path.join(self.folder, *parts)

    def run(self, program: str, *arguments: str, seconds: float = _PATIENCE) -> Finished:
        """Runs a program of the host, without input. Raises SkippedError if it is missing or too slow."""
        path = programs.find(program, self.variables.get("PATH", os.defpath))
        if path is None:
            raise SkippedError(f"{program} was not found")
        try:
            done = subprocess.run(
                [path, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=self.variables,
                cwd=self.root,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SkippedError(f"{program} did not answer within {seconds:.0f} s") from None
        return Finished(done.returncode, _text(done.stdout), _text(done.stderr))

    def docker(self, *arguments: str) -> Finished:
        """Runs docker."""
        return self.run("docker", *arguments)

    def git(self, *arguments: str) -> Finished:
        """Runs git at the project's root. Raises SkippedError if it is missing or too slow."""
        # A file system monitor is a program, and the agent may have configured it.
        git = Git(Path(self.root), {"core.fsmonitor": "false"}, variables=self.variables, timeout=_PATIENCE)
        try:
            done = git.run(*arguments)
        except Problem as problem:
            raise SkippedError(str(problem).partition(". ")[0]) from None
        return Finished(done.code, _text(done.out), done.err)

    def in_firewall(self, *command: str) -> Finished:
        """Runs a command in the firewall container. Raises SkippedError if that is not running."""
        return self.docker("exec", running(self.firewall, FIREWALL).id, *command)

    def in_claude(self, *command: str) -> Finished:
        """Runs a command in the agent container, as the agent. Raises SkippedError if that is not running."""
        return self.docker("exec", running(self.claude, AGENT).id, *command)

    def _connect(self) -> Docker:
        try:
            return Docker(self.project, self.variables)
        except Problem as problem:
            raise SkippedError(str(problem).rstrip(".")) from None

    def _read_model(self) -> ComposeModel:
        try:
            return compose_model.read(self.client)
        except Problem as problem:
            raise SkippedError(str(problem).rstrip(".")) from None

    def _read_values(self) -> dict[str, str]:
        try:
            return env_file.read(self.project.env_file)
        except OSError as reason:
            raise SkippedError(f".env cannot be read ({reason.strerror})") from None

    def _ask_engine(self) -> dict[str, Any]:
        done = self.docker("info", "--format", "{{json .}}")
        found = light_json.fields(done.out)
        # The client describes itself even if no engine answers.
        if done.code or not found.get("ServerVersion"):
            reason = "; ".join(found.get("ServerErrors") or []) or done.err
            raise SkippedError(diagnosis.explain("ask the container engine", reason))
        return found

    def _container(self, name: str) -> Container | None:
        if not self.info:
            return None
        done = self.docker("container", "inspect", "--format", "{{json .}}", name)
        return Container(done.out.encode()) if done.code == 0 and done.out else None

    def _read_status(self) -> dict[str, Any]:
        return light_json.fields(self.in_firewall("cat", "/run/aidevcontainer/status.json").out)

    def _once(self, name: str, find: Callable[[], _T]) -> _T:
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._known:
                try:
                    self._known[name] = find()
                except SkippedError as reason:
                    self._known[name] = reason
        found = self._known[name]
        if isinstance(found, SkippedError):
            raise SkippedError(str(found))
        return cast(_T, found)


def running(container: Container | None, name: str) -> Container:
    """Returns a running container. Raises SkippedError, which calls it `name`, if it is not running."""
    if container is None or not container.running:
        raise SkippedError(f"{name} is not running")
    return container


def quoted(*words: str) -> str:
    """Returns words in the form that a shell reads them."""
    return shlex.join(words)


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace")
