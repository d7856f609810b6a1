"""Serves one request from its first byte to the end of its command, in a process of its own.

A failure in here, by mistake or by intent, ends only this request.
"""

from __future__ import annotations

import _socket as socket
import signal
import time

from aidevcontainer.bridge.broker import authorize, container_checks, intake, protocol, shell
from aidevcontainer.bridge.broker.control import Control, RunningCommand, UnsignalledError
from aidevcontainer.bridge.broker.engine import EngineError
from aidevcontainer.bridge.broker.protocol import Decoder, ProtocolError, Request
from aidevcontainer.bridge.broker.relay import BrokenStreamError, Relay, VanishedError
from aidevcontainer.bridge.broker.report import NoShellError
from aidevcontainer.bridge.broker.service import NOT_FOUND, CancelledError, RefusedError, ServiceContext
from aidevcontainer.bridge.broker.starting import CommandStart, StartedCommand

_KILLED = 128 + signal.SIGKILL
# The engine reports a container's end a moment after the end of its commands.
_LOOKS = 6


def serve(client: socket.socket, context: ServiceContext) -> None:
    """Serves one connection until its end."""
    name = "?"
    try:
        decoder = Decoder(protocol.FROM_CLIENT)
        request, early = intake.receive(client, decoder, context.folder)
        name = request.name.decode("utf-8", "replace")
        _Service(client, decoder, context, name).run(request, early)
    except ProtocolError as error:
        _refuse(client, context, name, RefusedError(f"{error}"))
    except RefusedError as refusal:
        _refuse(client, context, name, refusal)
    except EngineError as error:
        _refuse(client, context, name, RefusedError(f"{error}", NOT_FOUND), "failed")
    except (VanishedError, CancelledError):
        pass


def _refuse(
    client: socket.socket, context: ServiceContext, name: str, refusal: RefusedError, event: str = "refused"
) -> None:
    context.journal.record(event, name, str(refusal))
    try:
        client.settimeout(1.0)
        client.sendall(protocol.refusal_frame(refusal.code, str(refusal)))
    except OSError:
        pass  # the client is gone


class _Service:
    def __init__(self, client: socket.socket, decoder: Decoder, context: ServiceContext, name: str) -> None:
        self._client = client
        self._decoder = decoder
        self._context = context
        self._engine = context.engine
        self._name = name

    def run(self, request: Request, early: list[tuple[int, bytes | memoryview]]) -> None:
        start = CommandStart(self._context, authorize.accept(self._context, request))
        try:
            started = start.through_shell()
        except NoShellError:
            started = start.without_shell()
        except CancelledError:
            if start.running:
                self._end(start.running, terminal=False)
            raise
        self._carry(started, request, early)

    def _carry(
        self, started: StartedCommand, request: Request, early: list[tuple[int, bytes | memoryview]]
    ) -> None:
        running = started.running
        orders = Control(self._engine, running, self._context.journal)
        relay = Relay(self._client, started.stream, self._decoder, request.terminal is None, orders.take)
        finished = False
        try:
            if request.terminal:
                # Engines before API 1.42 do not take a size at the start.
                orders.resize(request.terminal)
            relay.begin(started.output, early)
            relay.run()
            finished = True
            self._report_end(relay, running)
        except BrokenStreamError:
            raise RefusedError("the container engine ended the connection", NOT_FOUND) from None
        except UnsignalledError:
            sentence = f"'{self._name}' cannot receive signals and may run on until it ends by itself"
            raise RefusedError(sentence) from None
        finally:
            started.stream.close()
            if orders.ending or not finished:
                self._end(running, request.terminal is not None)

    def _report_end(self, relay: Relay, running: RunningCommand) -> None:
        code = self._engine.exit_code(running.exec_id)
        if code is None or code == _KILLED:
            ended = self._container_end(running.container)
            if ended:
                relay.put(protocol.frame(protocol.STDERR, f"bridge: {ended}\n".encode()))
                self._context.journal.record("failed", self._name, ended)
        relay.put(protocol.number_frame(protocol.EXIT, _KILLED if code is None else code))
        relay.flush()
        self._client.close()

    def _container_end(self, container: str) -> str:
        """Returns a sentence where the container has ended, empty where only the command was killed."""
        for _ in range(_LOOKS):
            try:
                inspected = self._engine.look(container)
            except EngineError as error:
                return str(error)
            if inspected is None:
                return f"the container of '{self._name}' was removed"
            sentence = container_checks.not_running(inspected)
            if sentence:
                return f"{sentence}, and '{self._name}' ended with it"
            time.sleep(0.05)
        return ""

    def _end(self, running: RunningCommand, terminal: bool) -> None:
        """Ends the processes that a command has left in its container."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._client.close()
        if not running.has_shell:
            return
        signals = ("HUP", "TERM") if terminal else ("TERM",)
        try:
            line = shell.end(running.mark, running.process, *signals)
            self._engine.run(running.container, running.user, line)
        except EngineError as error:
            # Without the container there is no process.
            if error.status not in (404, 409):
                self._context.journal.record("failed", self._name, f"processes may be left: {error}")
