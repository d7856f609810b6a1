"""One request from its first byte to the end of its command, in a process of its own.

Whatever goes wrong in here, by mistake or by intent, costs this request.
"""

from __future__ import annotations

import _socket as socket
import os
import secrets
import signal
import time
from typing import Any, NamedTuple

from aidevcontainer.bridge.broker import control, intake, protocol, target
from aidevcontainer.bridge.broker.control import Control, Running
from aidevcontainer.bridge.broker.declaration import Command, Declaration
from aidevcontainer.bridge.broker.engine import Engine, EngineError
from aidevcontainer.bridge.broker.journal import Journal
from aidevcontainer.bridge.broker.protocol import Decoder, ProtocolError, Request
from aidevcontainer.bridge.broker.relay import BrokenStreamError, Relay, VanishedError
from aidevcontainer.bridge.broker.report import NoShellError, Report, lacks_shell

REFUSED, NOT_THERE = 126, 127
_KILLED = 128 + signal.SIGKILL
# A container's end is known a moment after that of the commands in it.
_LOOKS = 6

# Nobody types it: detaching would leave the command alone.
_DETACH_KEYS = ",".join(["ctrl-^"] * 6)


class RefusedError(Exception):
    """The request is not carried out; its text is the sentence for the caller."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class CancelledError(Exception):
    """The broker is about to end."""


class Context(NamedTuple):
    """What all requests share. `folder` is for locks among them."""

    declaration: Declaration
    engine: Engine
    journal: Journal
    folder: str


class Started(NamedTuple):
    """A command that runs: its stream, and what came of its output already."""

    running: Running
    stream: socket.socket
    output: bytes


def serve(client: socket.socket, context: Context) -> None:
    """Serve one connection until its end."""
    name = "?"
    try:
        decoder = Decoder(protocol.FROM_CLIENT)
        request, early = intake.receive(client, decoder, context.folder)
        name = request.name.decode("utf-8", "replace")
        _Service(client, decoder, context, name).run(request, early)
    except ProtocolError as error:
        _refuse(client, context, name, RefusedError(REFUSED, f"{error}"))
    except RefusedError as refusal:
        _refuse(client, context, name, refusal)
    except EngineError as error:
        _refuse(client, context, name, RefusedError(NOT_THERE, f"{error}"), "failed")
    except (VanishedError, CancelledError):
        pass


def _refuse(
    client: socket.socket, context: Context, name: str, refusal: RefusedError, event: str = "refused"
) -> None:
    context.journal.record(event, name, str(refusal))
    try:
        client.settimeout(1.0)
        client.sendall(protocol.refusal_frame(refusal.code, str(refusal)))
    except OSError:
        pass  # it is told to whoever listens


class _Service:
    def __init__(self, client: socket.socket, decoder: Decoder, context: Context, name: str) -> None:
        self._client = client
        self._decoder = decoder
        self._context = context
        self._engine = context.engine
        self._name = name

    def run(self, request: Request, early: list[tuple[int, bytes | memoryview]]) -> None:
        command = self._command()
        place = self._place(command, request)
        _check_environment(command, request)
        container = self._container(command)
        try:
            started = self._start(command, place, request, container)
        except NoShellError:
            started = self._start_bare(command, place, request, container)
        self._carry(started, request, early)

    def _command(self) -> Command:
        command = self._context.declaration.find(self._name)
        if command is None:
            raise RefusedError(
                NOT_THERE, f"'{self._name[:80]}' is not declared in .aidevcontainer/bridge.yaml"
            )
        return command

    def _place(self, command: Command, request: Request) -> target.Place:
        place = target.place(command, request.directory)
        if place is None:
            shown = request.directory.decode("utf-8", "replace")[:200]
            raise RefusedError(
                REFUSED, f"'{command.name}' has no place for {shown}: see its paths in bridge.yaml"
            )
        return place

    def _container(self, command: Command) -> str:
        inspected = self._engine.inspect(command.container)
        if inspected is None:
            raise RefusedError(
                NOT_THERE, f"there is no container {command.container}: start it where its project is"
            )
        against = target.obstacle(inspected) or target.stranger(inspected, command)
        if against:
            raise RefusedError(REFUSED, against)
        missing = target.down(inspected)
        if missing:
            raise RefusedError(NOT_THERE, missing)
        return str(inspected["Id"])

    def _start(self, command: Command, place: target.Place, request: Request, container: str) -> Started:
        variables = [pair for pair in request.environment if not all(map(target.is_plain, pair))]
        words = (*(word.encode() for word in command.exec), *request.arguments)
        shell = target.start(place, words, tuple(variables))
        running = self._create(command, request, container, Cmd=shell)
        try:
            stream, first = self._engine.start(running.number, request.terminal is not None)
        except EngineError as error:
            raise (NoShellError if lacks_shell(str(error)) else error) from error
        self._note(running)
        try:
            line, output = Report(stream, request.terminal is None, running.mark).read(first)
        except CancelledError:
            self._end(running, terminal=False)
            raise
        running.process = _process(line, command, place)
        self._note(running)
        return Started(running, stream, output)

    def _start_bare(self, command: Command, place: target.Place, request: Request, container: str) -> Started:
        """Start a command where there is no shell: as it is, in the one folder that needs no looking
        after."""
        if place.folder != place.top:
            top = place.top.decode()
            raise RefusedError(
                REFUSED, f"{command.container} has no sh, without which {top} is the only folder"
            )
        words = [*(word.encode() for word in command.exec), *request.arguments]
        if not all(map(target.is_plain, [*words, *(value for _, value in request.environment)])):
            raise RefusedError(
                REFUSED, f"{command.container} has no sh, without which arguments are UTF-8 only"
            )
        line = [word.decode() for word in words]
        running = self._create(command, request, container, Cmd=line, WorkingDir=place.folder.decode())
        running.has_shell = False
        stream, output = self._engine.start(running.number, request.terminal is not None)
        where = f"bridge: {command.container} has no sh"
        hint = f"{where}, so '{command.name}' gets no signals and may outlive you\n"
        if request.terminal:
            return Started(running, stream, hint.replace("\n", "\r\n").encode() + output)
        return Started(running, stream, protocol.frame(protocol.STDERR, hint.encode()) + output)

    def _create(self, command: Command, request: Request, container: str, **wanted: Any) -> Running:  # noqa: ANN401
        mark = f"{self._context.declaration.project}.{secrets.token_hex(8)}"
        plain = [pair for pair in request.environment if all(map(target.is_plain, pair))]
        variables = [f"{name.decode()}={value.decode()}" for name, value in plain]
        if request.terminal:
            wanted["ConsoleSize"] = list(request.terminal)
        number = self._engine.create(
            container,
            AttachStdin=True,
            AttachStdout=True,
            AttachStderr=True,
            Tty=request.terminal is not None,
            DetachKeys=_DETACH_KEYS,
            User=command.user,
            Env=[*variables, f"{target.MARK}={mark}"],
            **wanted,
        )
        return Running(container, command.user, number, mark)

    def _note(self, running: Running) -> None:
        # Should this process be killed, the broker ends the command in its stead.
        self._context.journal.note(
            pid=os.getpid(),
            container=running.container,
            user=running.user,
            mark=running.mark,
            process=running.process,
        )

    def _carry(self, started: Started, request: Request, early: list[tuple[int, bytes | memoryview]]) -> None:
        running = started.running
        orders = Control(self._engine, running, self._context.journal)
        relay = Relay(self._client, started.stream, self._decoder, request.terminal is None, orders.take)
        finished = False
        try:
            if request.terminal:
                # Engines before API 1.42 do not know a size at the start.
                orders.resize(request.terminal)
            relay.begin(started.output, early)
            relay.run()
            finished = True
            self._report_end(relay, running)
        except BrokenStreamError:
            raise RefusedError(NOT_THERE, "the container engine broke off") from None
        except control.UnsignalledError:
            sentence = f"'{self._name}' cannot be signalled and may run on until it ends by itself"
            raise RefusedError(REFUSED, sentence) from None
        finally:
            started.stream.close()
            if orders.ending or not finished:
                self._end(running, request.terminal is not None)

    def _report_end(self, relay: Relay, running: Running) -> None:
        code = self._engine.exit_code(running.number)
        if code is None or code == _KILLED:
            left = self._left(running.container)
            if left:
                relay.put(protocol.frame(protocol.STDERR, f"bridge: {left}\n".encode()))
                self._context.journal.record("failed", self._name, left)
        relay.put(protocol.number_frame(protocol.EXIT, _KILLED if code is None else code))
        relay.flush()
        self._client.close()

    def _left(self, container: str) -> str:
        """Return a sentence when the container ended, empty when only the command was killed."""
        for _ in range(_LOOKS):
            try:
                inspected = self._engine.look(container)
            except EngineError as error:
                return str(error)
            if inspected is None:
                return f"the container is gone in which '{self._name}' ran"
            sentence = target.down(inspected)
            if sentence:
                return f"{sentence}, and '{self._name}' ended with it"
            time.sleep(0.05)
        return ""

    def _end(self, running: Running, terminal: bool) -> None:
        """End what is left of a command in its container."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._client.close()
        if not running.has_shell:
            return
        signals = ("HUP", "TERM") if terminal else ("TERM",)
        try:
            line = target.end(running.mark, running.process, *signals)
            self._engine.run(running.container, running.user, line)
        except EngineError as error:
            # Where the container has gone, so has the command.
            if error.status not in (404, 409):
                self._context.journal.record("failed", self._name, f"something may be left of it: {error}")


def _process(line: str, command: Command, place: target.Place) -> int:
    """Return the process's number. Raises RefusedError when the shell reports a reason against it."""
    if line.isdigit():
        return int(line)
    key = line.rpartition(" ")[2]
    sentence = target.REPORTS.get(key, "the shell in {container} answered in an unknown way").format(
        container=command.container,
        program=command.exec[0],
        top=place.top.decode("utf-8", "replace"),
        folder=place.folder.decode("utf-8", "replace"),
    )
    raise RefusedError(NOT_THERE if key in target.NOT_THERE else REFUSED, sentence)


def _check_environment(command: Command, request: Request) -> None:
    for name, _ in request.environment:
        text = name.decode("utf-8", "replace")
        if text not in command.environment:
            raise RefusedError(REFUSED, f"the variable {text[:80]!r} is not handed over to '{command.name}'")
