"""Commands in a running container over the engine's socket, which is faster than `docker exec`."""

from __future__ import annotations

from aidevcontainer.engine import socket_api
from aidevcontainer.engine.socket_api import Container, Engine, UnreachableError
from aidevcontainer.project.paths import Project
from aidevcontainer.util import light_json


class Result:
    """How a program ended and what it printed."""

    # Not a NamedTuple: typing would take longer to load than the command takes.
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


class EngineClient:
    """The part of docker that the firewall's helpers use. Methods raise UnreachableError."""

    def __init__(self, project: Project, engine: Engine) -> None:
        self.project = project
        self.engine = engine

    def run(self, verb: str, container: str, *command: str) -> Result:
        """Runs a command in a container; `verb` is `exec`, as in docker's command line."""
        if verb != "exec":
            raise UnreachableError(f"{verb} does not work over the socket")
        return execute(self.engine, container, command)

    def container(self, name: str) -> Container | None:
        """Returns a container, or None when there is none."""
        return self.engine.container(name)


def execute(engine: Engine, container: str, command: tuple[str, ...]) -> Result:
    """Runs a command that prints something within `socket_api.TIMEOUT`. Raises UnreachableError."""
    status, body = engine.post(f"/containers/{container}/exec", _request(command))
    if status != 201:
        return Result(1, "", str(light_json.parsed(body).get("message", "")))
    number = light_json.parsed(body)["Id"]
    _, stream = engine.post(f"/exec/{number}/start", b'{"Detach": false, "Tty": false}')
    out, err = _streams(stream)
    return Result(engine.exit_code(number), out, err)


def connect(project: Project, environment: dict[str, str]) -> EngineClient:
    """Returns a client for the engine that docker would use. Raises UnreachableError."""
    variables = {**environment, **socket_api.private_engine(environment)}
    return EngineClient(project, socket_api.connect(variables))


def _request(command: tuple[str, ...]) -> bytes:
    words = ", ".join(map(light_json.quoted, command))
    return f'{{"AttachStdout": true, "AttachStderr": true, "Cmd": [{words}]}}'.encode()


def _streams(data: bytes) -> tuple[str, str]:
    # Frames: one byte for the stream (1 output, 2 errors), three zeros, four for the length; then the text.
    parts: dict[int, list[bytes]] = {1: [], 2: []}
    start = 0
    while len(data) >= start + 8:
        text, length = start + 8, int.from_bytes(data[start + 4 : start + 8], "big")
        parts.setdefault(data[start], []).append(data[text : text + length])
        start = text + length
    out, err = (b"".join(parts[stream]).decode(errors="replace") for stream in (1, 2))
    return out, err
