"""Starts an accepted command in its container: through a shell, or directly where the container has none."""

from __future__ import annotations

import _socket as socket
import os
import secrets
from typing import Any, NamedTuple

from aidevcontainer.bridge.broker import protocol, shell
from aidevcontainer.bridge.broker.control import RunningCommand
from aidevcontainer.bridge.broker.engine import EngineError
from aidevcontainer.bridge.broker.report import NoShellError, Report, lacks_shell
from aidevcontainer.bridge.broker.service import NOT_FOUND, AcceptedCall, RefusedError, ServiceContext

# Nobody types this by accident: it would detach the command and leave it alone.
_DETACH_KEYS = ",".join(["ctrl-^"] * 6)


class StartedCommand(NamedTuple):
    """A running command, its stream, and the output that arrived already."""

    running: RunningCommand
    stream: socket.socket
    output: bytes


class CommandStart:
    """One command's start. `running` is set once the command may be running."""

    def __init__(self, context: ServiceContext, call: AcceptedCall) -> None:
        self._context = context
        self._call = call
        self._words = (*(word.encode() for word in call.command.exec), *call.request.arguments)
        self._terminal = call.request.terminal is not None
        self.running: RunningCommand | None = None

    def through_shell(self) -> StartedCommand:
        """Starts the command. Raises NoShellError, RefusedError, EngineError."""
        variables = [pair for pair in self._call.request.environment if not all(map(shell.is_utf8, pair))]
        running = self._create(Cmd=shell.start(self._call.folder, self._words, tuple(variables)))
        try:
            stream, first = self._context.engine.start(running.exec_id, self._terminal)
        except EngineError as error:
            raise (NoShellError if lacks_shell(str(error)) else error) from error
        self._note(running)
        line, output = Report(stream, not self._terminal, running.mark).read(first)
        running.process = _process(line, self._call)
        self._note(running)
        return StartedCommand(running, stream, output)

    def without_shell(self) -> StartedCommand:
        """Starts the command in the only folder in which no link can lead elsewhere. Raises as above."""
        self._check_bare()
        line = [word.decode() for word in self._words]
        running = self._create(Cmd=line, WorkingDir=self._call.folder.folder.decode())
        running.has_shell = False
        stream, output = self._context.engine.start(running.exec_id, self._terminal)
        name, container = self._call.command.name, self._call.command.container
        hint = f"bridge: {container} has no sh, so '{name}' gets no signals and may run on when you cancel it"
        if self._terminal:
            return StartedCommand(running, stream, f"{hint}\r\n".encode() + output)
        return StartedCommand(running, stream, protocol.frame(protocol.STDERR, f"{hint}\n".encode()) + output)

    def _check_bare(self) -> None:
        container, folder = self._call.command.container, self._call.folder
        if folder.folder != folder.top:
            raise RefusedError(f"{container} has no sh, so commands run only in {folder.top.decode()}")
        values = (value for _, value in self._call.request.environment)
        if not all(map(shell.is_utf8, [*self._words, *values])):
            raise RefusedError(f"{container} has no sh, so arguments must be UTF-8")

    def _create(self, **wanted: Any) -> RunningCommand:  # noqa: ANN401 -- the engine's own options
        container, user, request = self._call.container, self._call.command.user, self._call.request
        mark = f"{self._context.declaration.project}.{secrets.token_hex(8)}"
        plain = [pair for pair in request.environment if all(map(shell.is_utf8, pair))]
        if request.terminal:
            wanted["ConsoleSize"] = list(request.terminal)
        exec_id = self._context.engine.create(
            container,
            AttachStdin=True,
            AttachStdout=True,
            AttachStderr=True,
            Tty=self._terminal,
            DetachKeys=_DETACH_KEYS,
            User=user,
            Env=[*(f"{name.decode()}={value.decode()}" for name, value in plain), f"{shell.MARK}={mark}"],
            **wanted,
        )
        return RunningCommand(container, user, exec_id, mark)

    def _note(self, running: RunningCommand) -> None:
        self.running = running
        # If this process is killed, the broker ends the command.
        self._context.journal.note(
            pid=os.getpid(),
            container=running.container,
            user=running.user,
            mark=running.mark,
            process=running.process,
        )


def _process(line: str, call: AcceptedCall) -> int:
    """Returns the process's number. Raises RefusedError where the shell reports a reason instead."""
    if line.isdigit():
        return int(line)
    key = line.rpartition(" ")[2]
    sentence = shell.REPORTS.get(key, "the shell in {container} sent an unknown answer").format(
        container=call.command.container,
        program=call.command.exec[0],
        top=call.folder.top.decode("utf-8", "replace"),
        folder=call.folder.folder.decode("utf-8", "replace"),
    )
    raise RefusedError(sentence, NOT_FOUND) if key == "program" else RefusedError(sentence)
