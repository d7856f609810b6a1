"""New refusals, as they happen."""

from __future__ import annotations

import select
import socket
import subprocess
import time
from collections.abc import Iterator

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall import journal, refusals, stream
from aidevcontainer.firewall.control import JOURNALS
from aidevcontainer.firewall.refusals import Refusal

# With the time that an answer takes, a refusal shows within a second.
_INTERVAL = 0.5  # seconds
# One answer for each line of input. The loop ends with its input, which ends with this process.
_ANSWERS = f"while read -r _; do {JOURNALS} refused; done"


class RefusalStream:
    """Asks a firewall for its refusals again and again, with one process. `known` are those so far.

    Use it in `with`. Its methods raise Problem when the container ends.
    """

    def __init__(self, docker: Docker, container: str, known: list[Refusal]) -> None:
        self._known = known
        self._text = bytearray()
        self._next = 0.0
        self._is_asked = False
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [docker.path, "exec", "-i", container, "sh", "-c", _ANSWERS],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                env=docker.variables,
            )

    def __enter__(self) -> RefusalStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        # After Ctrl+C, docker may wait for the script while the script waits for docker.
        self._process.kill()
        self._process.wait()

    def __iter__(self) -> Iterator[list[Refusal]]:
        """Yields the new refusals of each answer, also where there are none."""
        while True:
            wait = self.ask()
            if select.select([self], [], [], wait)[0]:
                found = self.read()
                if found is not None:
                    yield found

    def fileno(self) -> int:
        """Returns the descriptor that `select` waits for."""
        return self._socket.fileno()

    def ask(self) -> float | None:
        """Asks if it is time, and returns the seconds until the next time; None while an answer is due."""
        if self._is_asked:
            return None
        now = time.monotonic()
        if now < self._next:
            return self._next - now
        self._next, self._is_asked = now + _INTERVAL, True
        try:
            self._socket.sendall(b"\n")
        except OSError:
            raise stream.ended("refusals") from None
        return None

    def read(self) -> list[Refusal] | None:
        """Returns the new refusals of an answer, None if the rest of it is still to come."""
        self._text += self._receive()
        # An empty line ends each answer.
        if self._text != b"\n" and not self._text.endswith(b"\n\n"):
            return None
        found = journal.refusals(self._text.decode("utf-8", "replace"))
        new = refusals.newer(found, self._known)
        self._known, self._text, self._is_asked = found, bytearray(), False
        return new

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(1 << 16)
        except ConnectionError:
            data = b""
        if not data:
            raise stream.ended("refusals")
        return data
