"""An engine without containers: the API as far as the bridge asks, with commands run on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import socketserver
import subprocess
import threading
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

NO_SHELL = (
    b'OCI runtime exec failed: exec failed: exec: "sh": executable file not found in $PATH: unknown\r\n'
)


class FakeEngine:
    """`containers` holds what `inspect` answers, by name. `started` are the commands that were to run."""

    def __init__(self, path: Path) -> None:
        self.containers: dict[str, dict[str, Any]] = {}
        self.execs: dict[str, dict[str, Any]] = {}
        self.started: list[dict[str, Any]] = []
        self.shell = True
        self._server = _Server(str(path), _Handler)
        self._server.engine = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def add(self, name: str, status: str = "running", **more: Any) -> None:  # noqa: ANN401 -- JSON
        """Add a container; *more* is what `inspect` says besides."""
        described = {"Id": f"{len(self.containers):064x}", "Name": f"/{name}", "State": {"Status": status}}
        self.containers[name] = {
            **described,
            "Config": {"Labels": {}},
            "HostConfig": {},
            "Mounts": [],
            **more,
        }

    def close(self) -> None:
        """Stop answering, and end what still runs."""
        self._server.shutdown()
        self._server.server_close()
        for found in self.execs.values():
            if "process" in found:
                found["process"].kill()

    def find(self, wanted: str) -> dict[str, Any] | None:
        """Return a container by its name, its id, or, as the real engine does, the beginning of its id."""
        for name, found in self.containers.items():
            if wanted == name or str(found["Id"]).startswith(wanted):
                return found
        return None


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 256
    engine: FakeEngine


class _Handler(socketserver.StreamRequestHandler):
    server: _Server
    rbufsize = 0

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.request.recv(1)
            if not byte:
                return
            head += byte
        length = int((re.search(rb"Content-Length: (\d+)", head) or [b"", b"0"])[1])
        body = b""
        while len(body) < length:
            body += self.request.recv(length - len(body))
        method, path, _ = head.decode().split(" ", 2)
        self._answer(method, unquote(path.partition("?")[0]), json.loads(body or b"{}"))

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> None:
        engine = self.server.engine
        _, kind, name, action = path.split("/", 3)
        if kind == "containers":
            found = engine.find(name)
            if found is None:
                self._json(404, {"message": f"No such container: {name}"})
            elif method == "POST":
                number = f"{len(engine.execs):064x}"
                engine.execs[number] = {"Running": False, "ExitCode": None, "wanted": body}
                engine.started.append({**body, "container": found["Name"][1:]})
                self._json(201, {"Id": number})
            else:
                self._json(200, found)
        elif action == "start":
            self._start(engine.execs[name])
        else:
            found = engine.execs[name]
            self._json(200, {key: found[key] for key in ("Running", "ExitCode")})

    def _json(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.request.sendall(b"HTTP/1.0 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    def _start(self, found: dict[str, Any]) -> None:
        self.request.sendall(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        command = found["wanted"]["Cmd"]
        if command[0] == "sh" and not self.server.engine.shell:
            self.request.sendall(_frame(1, NO_SHELL))
            found["ExitCode"] = 127
            return
        variables = dict(pair.split("=", 1) for pair in found["wanted"].get("Env") or [])
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], **variables},
            cwd=found["wanted"].get("WorkingDir") or "/",
        )
        found.update(Running=True, process=process)
        self._pump(process)
        found.update(Running=False)
        code = process.wait()
        found["ExitCode"] = code if code >= 0 else 128 - code
        # Closing alone would leave the thread that reads it waiting.
        with contextlib.suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)

    def _pump(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin and process.stdout and process.stderr
        lock = threading.Lock()
        ways = [
            threading.Thread(target=self._out, args=(kind, stream, lock), daemon=True)
            for kind, stream in ((1, process.stdout), (2, process.stderr))
        ]
        for way in ways:
            way.start()
        threading.Thread(target=self._in, args=(process.stdin,), daemon=True).start()
        for way in ways:
            way.join()

    def _out(self, kind: int, stream: BinaryIO, lock: threading.Lock) -> None:
        try:
            while data := os.read(stream.fileno(), 32768):
                with lock:
                    self.request.sendall(_frame(kind, data))
        except OSError:
            stream.close()

    def _in(self, stream: BinaryIO) -> None:
        try:
            while data := self.request.recv(32768):
                stream.write(data)
                stream.flush()
        except (OSError, ValueError):
            pass
        finally:
            with contextlib.suppress(OSError):
                stream.close()


def _frame(kind: int, content: bytes) -> bytes:
    return bytes([kind, 0, 0, 0]) + len(content).to_bytes(4, "big") + content


def connect(path: Path) -> socket.socket:
    """Connect to a Unix socket."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(str(path))
    return connection
