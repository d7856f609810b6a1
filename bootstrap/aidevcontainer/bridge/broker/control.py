"""Signals and sizes on their way to a running command, in order, while its bytes keep flowing."""

from __future__ import annotations

import queue
import threading

from aidevcontainer.bridge.broker import protocol, target
from aidevcontainer.bridge.broker.engine import Engine, EngineError
from aidevcontainer.bridge.broker.journal import Journal
from aidevcontainer.bridge.broker.protocol import ProtocolError, Size

# Whoever sends one of these wants the command to end.
ENDING = frozenset({"HUP", "INT", "QUIT", "TERM"})
_WAITING = 16  # each signal costs a command in the container


class Running:
    """A command that runs: its number at the engine, where and as whom; `process` is 0 as long as it is not
    known."""

    def __init__(self, container: str, user: str, number: str, mark: str) -> None:
        self.container = container
        self.user = user
        self.number = number
        self.mark = mark
        self.process = 0
        self.has_shell = True


class UnsignalledError(Exception):
    """A signal was meant to end a command that cannot be signalled."""


class Control:
    """Carries out RESIZE and SIGNAL frames; `ending` tells whether a signal to end was among them."""

    def __init__(self, engine: Engine, running: Running, journal: Journal) -> None:
        self._engine = engine
        self._running = running
        self._journal = journal
        self._jobs: queue.Queue[str] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self._size: Size | None = None
        self._worker: threading.Thread | None = None
        self.ending = False

    def take(self, kind: int, content: bytes) -> None:
        """Take a frame. Raises ProtocolError, and UnsignalledError where there is no way to send a signal."""
        if kind == protocol.RESIZE:
            self.resize(protocol.read_size(content))
        else:
            self.signal(protocol.read_signal(content))

    def resize(self, size: Size) -> None:
        """Set the terminal's size; of many that wait, the last counts."""
        with self._lock:
            waiting, self._size = self._size, size
        if waiting is None:
            self._put("")

    def signal(self, name: str) -> None:
        """Send a signal to the command's process group."""
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
            raise ProtocolError("more signals than can be sent") from None
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
            self._engine.run(running.container, running.user, target.signal(name, running.process))
            return
        with self._lock:
            size, self._size = self._size, None
        if size is not None:
            self._engine.resize(running.number, *size)
