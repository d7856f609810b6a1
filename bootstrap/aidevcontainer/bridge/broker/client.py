"""A declared command in the agent container: passes everything to the broker and back, as if it ran here.

Three threads, because none may wait for another: standard input to the broker, the broker to standard output
and errors, and signals. It imports little: Python starts in 8 ms, `socket` and `signal` would double that.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import _socket as socket
import _thread
import os
import sys
import time

from aidevcontainer.bridge.broker import protocol, terminal
from aidevcontainer.bridge.broker.protocol import Decoder, ProtocolError, Request
from aidevcontainer.bridge.broker.terminal import ClientTerminal

FOLDER = "/run/aidevcontainer-bridge"
_NOT_FOUND = 127
# Long enough for a broker that is restarting.
_CONNECT_WITHIN = 5.0  # seconds

_FORWARDED = {
    int(signal.SIGHUP): b"HUP",
    int(signal.SIGINT): b"INT",
    int(signal.SIGQUIT): b"QUIT",
    int(signal.SIGTERM): b"TERM",
    int(signal.SIGUSR1): b"USR1",
    int(signal.SIGUSR2): b"USR2",
}


def main(program: bytes, arguments: list[bytes], folder: str = FOLDER) -> int:
    """Runs the declared command that has the program's name, and returns its exit code."""
    terminal.open_closed_streams()
    name = os.path.basename(program)
    connection = _connect(folder)
    if connection is None:
        return _fail(
            _NOT_FOUND, "the broker is not running. Start it on the host: ./.aidevcontainer/container up"
        )
    tty = ClientTerminal() if all(map(os.isatty, (0, 1, 2))) else None
    size = tty.size() if tty else None
    request = Request(name, os.getcwdb(), tuple(arguments), _variables(folder, name), size)
    try:
        return Call(connection, tty).run(request)
    finally:
        if tty:
            tty.restore()


class Call:
    """One run of a command."""

    def __init__(self, connection: socket.socket, tty: ClientTerminal | None) -> None:
        self._connection = connection
        self._terminal = tty
        self._sending = _thread.allocate_lock()
        self._credit = 0
        self._credit_came = _thread.allocate_lock()
        self._credit_came.acquire()
        self._reading = False

    def run(self, request: Request) -> int:
        """Sends the request, carries the bytes both ways, and returns the exit code."""
        self._catch_signals()
        try:
            self._send_request(request)
            return self._receive()
        except ProtocolError as error:
            return _fail(_NOT_FOUND, f"the broker sent an invalid answer: {error}")

    def _send_request(self, request: Request) -> None:
        try:
            self._send(protocol.request_frame(request))
        except OSError:
            return  # a refusal can still be read

    def _receive(self) -> int:
        decoder = Decoder(protocol.FROM_BROKER)
        while True:
            try:
                data = self._connection.recv(protocol.CHUNK)
            except OSError:
                data = b""
            if not data:
                return _fail(_NOT_FOUND, "the broker stopped, and the command with it")
            for kind, content in decoder.feed(data):
                code = self._take(kind, content)
                if code is not None:
                    return code

    def _take(self, kind: int, content: bytes | memoryview) -> int | None:
        if kind in (protocol.STDOUT, protocol.STDERR):
            _print(kind, memoryview(content))
        elif kind == protocol.CREDIT:
            self._take_credit(protocol.read_number(bytes(content)))
        elif kind == protocol.EXIT:
            return protocol.read_number(bytes(content)) & 0xFF
        else:
            self._restore()
            return _fail(*protocol.read_refusal(bytes(content)))
        return None

    def _take_credit(self, number: int) -> None:
        self._credit += number
        if not self._reading:
            # The first credit means that the command runs.
            self._reading = True
            self._take_terminal()
            _thread.start_new_thread(self._read_input, ())
        if self._credit_came.locked():
            self._credit_came.release()

    def _read_input(self) -> None:
        foreground = os.isatty(0)
        while True:
            while self._credit <= 0:
                self._credit_came.acquire()
            data = terminal.read(min(self._credit, protocol.CHUNK), foreground)
            self._credit -= len(data)
            if not data and self._terminal and terminal.hung_up():
                # The broker ends the command, also one that ignores SIGHUP.
                os._exit(128 + signal.SIGHUP)
            try:
                self._send(
                    protocol.frame(protocol.STDIN, data) if data else protocol.frame(protocol.END_OF_INPUT)
                )
            except OSError:
                return
            if not data:
                return

    def _send(self, data: bytes) -> None:
        with self._sending:
            self._connection.sendall(data)

    def _take_terminal(self) -> None:
        if self._terminal and not self._terminal.raw():
            _thread.start_new_thread(self._take_terminal_later, (self._terminal,))

    def _take_terminal_later(self, tty: ClientTerminal) -> None:
        # No signal says that a running job has come to the foreground.
        while not tty.raw():
            time.sleep(terminal.LOOK_EVERY)

    def _restore(self) -> None:
        if self._terminal:
            self._terminal.restore()

    def _catch_signals(self) -> None:
        receiving, sending = os.pipe()
        os.set_blocking(sending, False)
        signal.set_wakeup_fd(sending, warn_on_full_buffer=False)
        for number in (*_FORWARDED, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH):
            # A signal that `nohup` or a shell without job control ignores stays ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _noticed)
        _thread.start_new_thread(self._forward, (receiving,))

    def _forward(self, receiving: int) -> None:
        while True:
            for number in os.read(receiving, 64):
                try:
                    self._on_signal(number)
                except OSError:
                    return

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGWINCH:
            if self._terminal:
                self._send(protocol.size_frame(self._terminal.size()))
        elif number == signal.SIGTSTP:
            self._stop()
        elif number == signal.SIGCONT:
            self._go_on()
        elif number in _FORWARDED:
            self._send(protocol.frame(protocol.SIGNAL, _FORWARDED[number]))

    def _stop(self) -> None:
        """Stops the command there and this process here."""
        self._send(protocol.frame(protocol.SIGNAL, b"STOP"))
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self) -> None:
        """Continues in both places, whatever stopped this process."""
        if self._terminal:
            self._take_terminal()
            self._send(protocol.size_frame(self._terminal.size()))
        self._send(protocol.frame(protocol.SIGNAL, b"CONT"))


def _noticed(*_: object) -> None:
    """Does nothing: the wakeup descriptor passes the signal on."""


def _connect(folder: str) -> socket.socket | None:
    deadline = time.monotonic() + _CONNECT_WITHIN
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(f"{folder}/socket")
            return connection
        except OSError:
            connection.close()
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)


def _variables(folder: str, name: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Returns the variables that the declaration lists. The broker refuses any other."""
    try:
        with open(os.path.join(os.fsencode(folder), b"variables", name), "rb") as file:
            names = file.read().split()
    except OSError:
        return ()
    return tuple((listed, os.environb[listed]) for listed in names if listed in os.environb)


def _print(stream: int, content: memoryview) -> None:
    try:
        terminal.write(stream, content)
    except OSError as error:
        os._exit(_fail(1, f"cannot write the output: {error.strerror}"))


def _fail(code: int, sentence: str) -> int:
    try:
        os.write(2, f"bridge: {sentence}\n".encode("utf-8", "replace"))
    except OSError:
        return code  # standard error is gone
    return code


def run() -> None:
    """Runs as the command, from the program's name to the exit code."""
    program, *arguments = map(os.fsencode, sys.argv)
    code = main(program, arguments)
    # The other threads are still waiting and would keep the process alive.
    os._exit(code)
