"""A container engine's API on a real Unix socket, as far as the helpers ask it anything."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

CLAUDE, FIREWALL = "claude", "firewall"


class FakeEngine:
    """Answers GET /containers/NAME/json from `containers`, and remembers what it was asked in `requests`."""

    def __init__(self, path: Path, api: str = "1.45") -> None:
        self.path = path
        self.api = api
        self.containers: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.status = 200
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        """What DOCKER_HOST has to be."""
        return f"unix://{self.path}"

    def close(self) -> None:
        """Stop answering."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def run(self, project: str, root: Path) -> None:
        """Have both containers of a project up and well."""
        self.containers[f"{project}-firewall-1"] = container("f" * 64, root, health="healthy")
        self.containers[f"{project}-claude-1"] = container("c" * 64, root, network=f"container:{'f' * 64}")

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = connection.recv(65536).decode().splitlines()[0]
        self.requests.append(request)
        name = request.split()[1].split("/")[2]
        found = self.containers.get(name)
        status = self.status if found else 404
        body = json.dumps(found or {"message": f"No such container: {name}"}).encode()
        head = f"HTTP/1.0 {status} X\r\nApi-Version: {self.api}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)


class OneAnswer:
    """A server on a Unix socket that gives one answer to one request, which it keeps in `request`."""

    def __init__(self, path: Path, answer: bytes) -> None:
        self.path = str(path)
        self.request = b""
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(self.path)
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> OneAnswer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            self.request = connection.recv(65536)
            connection.sendall(self._answer)


def container(
    identity: str,
    root: Path,
    network: str = "project_default",
    health: str | None = None,
    # Later than any file of a test: git's configuration did not change since.
    started: str = "2999-01-02T03:04:05.6Z",
) -> dict[str, Any]:
    """Return what an engine says of a running container, cut down to what matters here."""
    state: dict[str, Any] = {"Status": "running", "StartedAt": started}
    if health:
        state["Health"] = {"Status": health}
    return {
        "Id": identity,
        "State": state,
        "HostConfig": {
            "NetworkMode": network,
            "Runtime": "runc",
            "Memory": 8 << 30,
            "PidsLimit": 4096,
            "NanoCpus": 0,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges:true"],
        },
        "Config": {
            "Image": "aidevcontainer:0123456789abcdef",
            "Labels": {"aidevcontainer.workspace": str(root)},
            "User": "claude",
            "Entrypoint": ["/sbin/tini", "--"],
            "Cmd": ["/usr/local/lib/aidevcontainer/entrypoint.sh"],
        },
        "ExecIDs": None,
    }
