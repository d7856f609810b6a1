"""The part of the container engine's API that the broker needs: inspect containers, run commands in them."""

from __future__ import annotations

import _socket as socket
import json
import time
from typing import Any
from urllib.parse import quote

from aidevcontainer.util import http_socket

_TIMEOUT = 20.0  # seconds for a question
# Fifty commands at once take a while to start on a small machine.
_START_TIMEOUT = 120.0
_UNREACHABLE = "the container engine does not answer"


class EngineError(Exception):
    """A failure of the engine as a sentence. `status` is HTTP's, 0 where there was no answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class EngineApi:
    """An engine behind a Unix socket. All methods raise EngineError."""

    def __init__(self, path: str) -> None:
        self.path = path

    def inspect(self, name: str) -> dict[str, Any] | None:
        """Returns the engine's description of the container with exactly this name, None if there is none."""
        found = self.look(quote(name, safe=""))
        # The engine takes the beginning of an id for a name as well.
        return found if found and found.get("Name") == f"/{name}" else None

    def look(self, container: str) -> dict[str, Any] | None:
        """Returns the engine's description of the container with this id, None if there is none."""
        try:
            return self._json("GET", f"/containers/{container}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise

    def create(self, container: str, **wanted: object) -> str:
        """Prepares a command in a container and returns its id."""
        return str(self._json("POST", f"/containers/{container}/exec", _body(**wanted))["Id"])

    def start(self, exec_id: str, terminal: bool) -> tuple[socket.socket, bytes]:
        """Starts a prepared command and returns its stream, and the bytes that arrived already."""
        content = _body(Detach=False, Tty=terminal)
        try:
            stream, answer = http_socket.upgrade(self.path, f"/exec/{exec_id}/start", content, _START_TIMEOUT)
        except (OSError, ValueError) as error:
            raise EngineError(f"{_UNREACHABLE}: {error}") from error
        if stream is None:
            raise EngineError(_message(answer.body), answer.status)
        return stream, answer.body

    def resize(self, exec_id: str, rows: int, columns: int) -> None:
        """Sets the size of a command's terminal."""
        self._ask("POST", f"/exec/{exec_id}/resize?h={rows}&w={columns}", b"")

    def exit_code(self, exec_id: str) -> int | None:
        """Returns a command's exit code, None where the engine does not know it."""
        for _ in range(100):
            found = self._json("GET", f"/exec/{exec_id}/json")
            if not found.get("Running") and found.get("ExitCode") is not None:
                return int(found["ExitCode"])
            # The stream ends a moment before the process.
            time.sleep(0.02)
        return None

    def run(self, container: str, user: str, command: list[str]) -> int | None:
        """Runs a command to its end and returns its exit code. Its output is discarded."""
        exec_id = self.create(container, AttachStdout=True, AttachStderr=True, Cmd=command, User=user)
        stream, _ = self.start(exec_id, terminal=False)
        try:
            while stream.recv(65536):
                pass
        except OSError as error:
            raise EngineError(str(error)) from error
        finally:
            stream.close()
        return self.exit_code(exec_id)

    def _json(self, method: str, target: str, content: bytes | None = None) -> dict[str, Any]:
        try:
            found = json.loads(self._ask(method, target, content))
        except ValueError as error:
            raise EngineError("the engine's answer is not JSON") from error
        if not isinstance(found, dict):
            raise EngineError("the engine's answer is not an object")
        return found

    def _ask(self, method: str, target: str, content: bytes | None = None) -> bytes:
        try:
            answer = http_socket.ask(self.path, method, target, content, _TIMEOUT)
        except (OSError, ValueError) as error:
            raise EngineError(f"{_UNREACHABLE}: {error}") from error
        if answer.status >= 400:
            raise EngineError(_message(answer.body), answer.status)
        return answer.body


def _body(**fields: object) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _message(body: bytes) -> str:
    # An error may come in chunks, with their lengths around the JSON.
    start, stop = body.find(b"{"), body.rfind(b"}")
    try:
        return str(json.loads(body[start : stop + 1])["message"]).strip()
    except (ValueError, LookupError, TypeError):
        return body.decode("utf-8", "replace").strip()[:300] or "the engine gave no reason"
