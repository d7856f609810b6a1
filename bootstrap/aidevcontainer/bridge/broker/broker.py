"""The broker's main process: accepts connections and watches over the processes that serve them.

It is the program of the bridge container, which alone has the engine's socket.
"""

from __future__ import annotations

import _socket as socket
import contextlib
import gc
import os
import select
import signal
import sys
import time
from typing import Any

if __name__ == "__main__":
    # Python's -I leaves out the script's own folder. The package's folder is four levels above this file.
    sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))

from aidevcontainer.bridge.broker import accept, handler, journal, offer, protocol, shell, sweep
from aidevcontainer.bridge.broker.declaration import Declaration
from aidevcontainer.bridge.broker.engine import EngineApi, EngineError
from aidevcontainer.bridge.broker.journal import JournalReader
from aidevcontainer.bridge.broker.service import REFUSED, CancelledError, ServiceContext

_ENGINE = "/run/engine.sock"
AT_ONCE = 100
_END_WITHIN = 8.0  # seconds, of the ten after which Docker kills


class Broker:
    """Accepts connections and watches over the processes that serve them."""

    def __init__(
        self, folder: str, listening: socket.socket, context: ServiceContext, reader: JournalReader
    ) -> None:
        self._folder = folder
        self._listening = listening
        self._context = context
        self._reader = reader
        self._serving: dict[int, dict[str, Any]] = {}
        self._stopped = False
        self._changed = False

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT, then ends all commands."""
        wake, waker = os.pipe()
        for end in (wake, waker):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._change)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        # A declaration may have arrived during the start.
        self._reload()
        while not self._stopped:
            self._turn(wake)
        self._end_all()

    def _stop(self, *_: object) -> None:
        self._stopped = True

    def _change(self, *_: object) -> None:
        self._changed = True

    def _reload(self) -> None:
        """Puts a new declaration into force. Running commands go on."""
        self._changed = False
        try:
            found = accept.read(self._folder)
            offer.write(self._folder, found)
        except (ValueError, OSError) as error:
            self._context.journal.record("failed", "", f"the declaration was refused: {error}")
            return
        self._context = self._context._replace(declaration=found)

    def _turn(self, wake: int) -> None:
        ready = _ready([wake, self._reader.fileno(), self._listening.fileno()])
        if wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake, 4096)
        if self._changed:
            self._reload()
        self._read_notes()
        self._reap()
        if self._listening.fileno() in ready:
            self._accept()

    def _read_notes(self) -> None:
        for note in self._reader.notes():
            if note.get("pid") in self._serving:
                self._serving[note["pid"]] = note

    def _accept(self) -> None:
        try:
            client, _ = self._listening._accept()  # type: ignore[attr-defined]
        except OSError:
            return
        connection = socket.socket(fileno=client)
        try:
            if len(self._serving) >= AT_ONCE:
                self._refuse(connection, f"{AT_ONCE} commands are running, which is the limit")
            else:
                self._fork(connection)
        except OSError as error:
            self._refuse(connection, f"the broker cannot start another process: {error}")
        finally:
            connection.close()

    def _refuse(self, connection: socket.socket, sentence: str) -> None:
        self._context.journal.record("refused", "?", sentence)
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.send(protocol.refusal_frame(REFUSED, sentence))

    def _fork(self, connection: socket.socket) -> None:
        process = os.fork()
        if process:
            self._serving[process] = {}
            return
        _in_child(lambda: handler.serve(connection, self._context), self._listening)

    def _reap(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            self._read_notes()
            left = self._serving.pop(process, {})
            if status and left:
                self._context.journal.record(
                    "failed", left["mark"], f"its process ended with status {status}"
                )
                self._clean_up(left)

    def _clean_up(self, left: dict[str, Any]) -> None:
        """Ends the command of a killed process, in another process."""
        process = os.fork()
        if process:
            self._serving[process] = {}
            return
        line = shell.end(left["mark"], left["process"], "TERM")
        _in_child(lambda: self._context.engine.run(left["container"], left["user"], line), self._listening)

    def _end_all(self) -> None:
        self._listening.close()
        for process in self._serving:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        deadline = time.monotonic() + _END_WITHIN
        while self._serving and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.02)


def _ready(descriptors: list[int]) -> set[int]:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll()}


def _in_child(work: Any, listening: socket.socket) -> None:  # noqa: ANN401 -- a lambda's result
    """Does the work and ends this process, whatever happens."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for ignored in (signal.SIGINT, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, _cancel)
        listening.close()
        # If memory runs out, the kernel should kill this process and not the broker.
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
        work()
        code = 0
    except (CancelledError, EngineError):
        code = 0
    finally:
        os._exit(code)


def _cancel(*_: object) -> None:
    raise CancelledError


def serve(folder: str, engine: EngineApi, scratch: str) -> None:
    """Serves the declaration in `folder` until a signal ends it. `scratch` is for locks. Raises OSError."""
    # The signal may arrive as soon as the socket is there, and would end the process until it is handled.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    writing, reader = journal.pair(journal.to_stderr)
    try:
        found = accept.read(folder)
    except ValueError as error:
        writing.record("failed", "", f"the declaration was refused: {error}")
        found = Declaration((), "")
    sweep.run(found, engine)
    offer.write(folder, found)
    listening = offer.listen(folder)
    gc.collect()
    # Memory that the garbage collector does not touch stays shared with the processes forked later.
    gc.freeze()
    Broker(folder, listening, ServiceContext(found, engine, writing, scratch), reader).run()


def main() -> int:
    """Serves in the bridge container."""
    try:
        serve(offer.FOLDER, EngineApi(_ENGINE), "/tmp")  # noqa: S108 -- the container has no other user
    except OSError as error:
        sys.stderr.write(f"bridge: the broker cannot start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
