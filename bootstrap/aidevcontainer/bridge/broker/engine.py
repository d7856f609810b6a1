"""The container engine's API, as far as the broker needs it: look at a container, run a command, see how it
ended."""

from __future__ import annotations

import _socket as socket
import json
import time
from typing import Any
from urllib.parse import quote

from aidevcontainer.bridge.broker import target

TIMEOUT = 20.0  # seconds for a question
# Fifty commands at once on a small machine take their time to start.
START_TIMEOUT = 120.0
_UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n"
_LONGEST_HEAD = 64 * 1024


class EngineError(Exception):
    """The engine did not do it; its text says why. `status` is HTTP's, 0 where there was no answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Engine:
    """An engine behind a Unix socket. All methods raise EngineError."""

    def __init__(self, path: str) -> None:
        self.path = path

    def inspect(self, name: str) -> dict[str, Any] | None:
        """Return what the engine knows of the container of exactly this name, None if there is none."""
        found = self.look(quote(name, safe=""))
        # The engine takes the beginning of an id for a name as well.
        return found if found and found.get("Name") == f"/{name}" else None

    def look(self, container: str) -> dict[str, Any] | None:
        """Return what the engine knows of the container with this id, None if there is none."""
        try:
            return self._json("GET", f"/containers/{container}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise

    def create(self, container: str, **wanted: object) -> str:
        """Prepare a command in a container and return its number."""
        return str(self._json("POST", f"/containers/{container}/exec", target.body(**wanted))["Id"])

    def start(self, number: str, terminal: bool) -> tuple[socket.socket, bytes]:
        """Start a prepared command; return its stream and what came of it already."""
        connection = self._connect(START_TIMEOUT)
        try:
            content = target.body(Detach=False, Tty=terminal)
            head = f"POST /exec/{number}/start HTTP/1.1\r\nHost: engine\r\n{_UPGRADE}{_described(content)}"
            _send(connection, head.encode() + content)
            return connection, _upgraded(connection)
        except BaseException:
            connection.close()
            raise

    def resize(self, number: str, rows: int, columns: int) -> None:
        """Set the size of a command's terminal."""
        self._ask("POST", f"/exec/{number}/resize?h={rows}&w={columns}")

    def exit_code(self, number: str) -> int | None:
        """Return how a command ended, None when the engine does not know."""
        for _ in range(100):
            found = self._json("GET", f"/exec/{number}/json")
            if not found.get("Running") and found.get("ExitCode") is not None:
                return int(found["ExitCode"])
            # The stream's end is seen before the process's.
            time.sleep(0.02)
        return None

    def run(self, container: str, user: str, command: list[str]) -> int | None:
        """Run a command, wait for its end, and return its exit code; what it prints is lost."""
        number = self.create(container, AttachStdout=True, AttachStderr=True, Cmd=command, User=user)
        stream, _ = self.start(number, terminal=False)
        try:
            while stream.recv(65536):
                pass
        except OSError as error:
            raise EngineError(str(error)) from error
        finally:
            stream.close()
        return self.exit_code(number)

    def _json(self, method: str, path: str, content: bytes = b"") -> dict[str, Any]:
        answer = self._ask(method, path, content)
        try:
            found = json.loads(answer)
        except ValueError as error:
            raise EngineError("the engine's answer is not JSON") from error
        if not isinstance(found, dict):
            raise EngineError("the engine's answer is no object")
        return found

    def _ask(self, method: str, path: str, content: bytes = b"") -> bytes:
        connection = self._connect(TIMEOUT)
        try:
            # HTTP/1.0: the engine closes behind its answer, so no chunks have to be put together.
            head = f"{method} {path} HTTP/1.0\r\nHost: engine\r\n{_described(content)}"
            _send(connection, head.encode() + content)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError as error:
            raise EngineError(f"the container engine does not answer: {error}") from error
        finally:
            connection.close()
        head_, _, body = answer.partition(b"\r\n\r\n")
        status = _status(head_)
        if status >= 400 or not status:
            raise EngineError(_message(body), status)
        return body

    def _connect(self, timeout: float) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(self.path)
        except OSError as error:
            connection.close()
            raise EngineError(f"the container engine cannot be reached: {error}") from error
        return connection


def _send(connection: socket.socket, content: bytes) -> None:
    try:
        connection.sendall(content)
    except OSError as error:
        raise EngineError(f"the container engine does not answer: {error}") from error


def _described(content: bytes) -> str:
    described = "Content-Type: application/json\r\n" if content else ""
    return f"{described}Content-Length: {len(content)}\r\n\r\n"


def _upgraded(connection: socket.socket) -> bytes:
    """Return what came behind a head that lets the stream begin. Raises EngineError for any other head."""
    received = b""
    while b"\r\n\r\n" not in received:
        try:
            piece = connection.recv(65536)
        except OSError as error:
            raise EngineError(f"the container engine does not answer: {error}") from error
        received += piece
        if not piece or len(received) > _LONGEST_HEAD:
            raise EngineError("the container engine broke off")
    head, _, rest = received.partition(b"\r\n\r\n")
    status = _status(head)
    if status not in (101, 200):
        raise EngineError(_message(rest), status)
    return rest


def _status(head: bytes) -> int:
    words = head.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _message(body: bytes) -> str:
    # An error may come in chunks, with their lengths around the JSON.
    start, stop = body.find(b"{"), body.rfind(b"}")
    try:
        return str(json.loads(body[start : stop + 1])["message"]).strip()
    except (ValueError, LookupError, TypeError):
        return body.decode("utf-8", "replace").strip()[:300] or "no reason given"
