"""Sends signals and terminal sizes to a running command, in order, while its bytes keep flowing."""

from __future__ import annotations

import queue
import threading

from aidevcontainer.bridge.broker import protocol, shell
from aidevcontainer.bridge.broker.engine import EngineApi, EngineError
from aidevcontainer.bridge.broker.journal import Journal
from aidevcontainer.bridge.broker.protocol import ProtocolError, Size

# Signals that are meant to end the command.
ENDING = frozenset({"HUP", "INT", "QUIT", "TERM"})
_WAITING = 16  # signals; each one starts a program in the container


class RunningCommand:
    """A running command, by the engine's id of it. `process` is 0 until it is known."""

    def __init__(self, container: str, user: str, exec_id: str, mark: str) -> None:
        self.container = container
        self.user = user
        self.exec_id = exec_id
        self.mark = mark
        self.process = 0
        self.has_shell = True


class UnsignalledError(Exception):
    """A signal should end a command that cannot receive signals."""


class Control:
    """Carries out RESIZE and SIGNAL frames. `ending` is whether a signal was meant to end the command."""

    def __init__(self, engine: EngineApi, running: RunningCommand, journal: Journal) -> None:
        self._engine = engine
        self._running = running
        self._journal = journal
        self._jobs: queue.Queue[str] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self._size: Size | None = None
        self._worker: threading.Thread | None = None
        self.ending = False

    def take(self, kind: int, content: bytes) -> None:
        """Takes a frame. Raises ProtocolError, and UnsignalledError for a signal that cannot be sent."""
        if kind == protocol.RESIZE:
            self.resize(protocol.read_size(content))
        else:
            self.signal(protocol.read_signal(content))

    def resize(self, size: Size) -> None:
        """Sets the terminal's size. Of several that wait, only the last is sent."""
        with self._lock:
            waiting, self._size = self._size, size
        if waiting is None:
            self._put("")

    def signal(self, name: str) -> None:
        """Sends a signal to the command's process group."""
        if not self._running.process:
            if name in ENDING:
                raise UnsignalledError
            return
        self.ending = self.ending or name in ENDING
        self._put(name)

    def _put(self, job: str) -> None:
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise ProtocolError("too many signals at once") from None
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while True:
            name = self._jobs.get()
            try:
                self._carry_out(name)
            except EngineError as error:
                self._journal.record("failed", self._running.mark, f"signal or size: {error}")

    def _carry_out(self, name: str) -> None:
        running = self._running
        if name:
            self._engine.run(running.container, running.user, shell.signal(name, running.process))
            return
        with self._lock:
            size, self._size = self._size, None
        if size is not None:
            self._engine.resize(running.exec_id, *size)
