"""A declared command in the agent's container: everything goes to the broker, and comes back, as if it ran
here.

Three threads, since none of them may wait for another: standard input to the broker, the broker to standard
output and errors, and signals. Imports little: Python's own start takes 8 ms, `socket` and `signal` as much
again.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import _socket as socket
import _thread
import fcntl
import os
import select
import sys
import termios
import time

from aidevcontainer.bridge.broker import protocol
from aidevcontainer.bridge.broker.protocol import Decoder, ProtocolError, Request, Size

FOLDER = "/run/aidevcontainer-bridge"
NOT_THERE = 127
# A broker that is just being started anew is waited for.
CONNECT_WITHIN = 5.0  # seconds
_LOOK_EVERY = 0.2  # seconds, while in the background

_FORWARDED = {
    int(signal.SIGHUP): b"HUP",
    int(signal.SIGINT): b"INT",
    int(signal.SIGQUIT): b"QUIT",
    int(signal.SIGTERM): b"TERM",
    int(signal.SIGUSR1): b"USR1",
    int(signal.SIGUSR2): b"USR2",
}


def main(program: bytes, arguments: list[bytes], folder: str = FOLDER) -> int:
    """Run the command that the program is called like, and return its exit code."""
    _open_closed_streams()
    name = os.path.basename(program)
    connection = _connect(folder)
    if connection is None:
        return _fail(NOT_THERE, "the broker does not run. On the host: ./.aidevcontainer/container up")
    terminal = Terminal() if all(map(os.isatty, (0, 1, 2))) else None
    size = terminal.size() if terminal else None
    request = Request(name, os.getcwdb(), tuple(arguments), _variables(folder, name), size)
    try:
        return Call(connection, terminal).run(request)
    finally:
        if terminal:
            terminal.restore()


class Terminal:
    """The caller's terminal, which the command is to have for itself."""

    def __init__(self) -> None:
        self._saved: list[object] | None = None

    def size(self) -> Size:
        """Return its size."""
        columns, rows = os.get_terminal_size(0)
        return Size(rows, columns)

    def raw(self) -> bool:
        """Hand every key on as it is, and return True; False in the background, which must not."""
        try:
            if not _in_foreground():
                return False
            self._hand_on_all()
        except (OSError, termios.error):
            pass  # the window is gone
        return True

    def _hand_on_all(self) -> None:
        attributes = termios.tcgetattr(0)
        self._saved = self._saved or [*attributes[:6], list(attributes[6])]
        attributes[0] &= ~(
            termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP | termios.INLCR
            | termios.IGNCR | termios.ICRNL | termios.IXON
        )  # fmt: skip
        attributes[1] &= ~termios.OPOST
        attributes[2] = attributes[2] & ~(termios.CSIZE | termios.PARENB) | termios.CS8
        attributes[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
        attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
        termios.tcsetattr(0, termios.TCSADRAIN, attributes)

    def restore(self) -> None:
        """Give it back as it was found; in the background it is another's already."""
        saved, self._saved = self._saved, None
        try:
            if saved and _in_foreground():
                termios.tcsetattr(0, termios.TCSADRAIN, saved)  # type: ignore[arg-type]
        except (OSError, termios.error):
            return  # the window is gone


class Call:
    """One command's run."""

    def __init__(self, connection: socket.socket, terminal: Terminal | None) -> None:
        self._connection = connection
        self._terminal = terminal
        self._sending = _thread.allocate_lock()
        self._credit = 0
        self._credit_came = _thread.allocate_lock()
        self._credit_came.acquire()
        self._reading = False

    def run(self, request: Request) -> int:
        """Send the request and carry everything to and fro; return the exit code."""
        self._catch_signals()
        try:
            self._send_request(request)
            return self._receive()
        except ProtocolError as error:
            return _fail(NOT_THERE, f"the broker answers in another way than it should: {error}")

    def _send_request(self, request: Request) -> None:
        try:
            self._send(protocol.request_frame(request))
        except OSError:
            return  # the refusal, if there is one, can still be read

    def _receive(self) -> int:
        decoder = Decoder(protocol.FROM_BROKER)
        while True:
            try:
                data = self._connection.recv(protocol.CHUNK)
            except OSError:
                data = b""
            if not data:
                return _fail(NOT_THERE, "the broker went away, and the command with it")
            for kind, content in decoder.feed(data):
                code = self._take(kind, content)
                if code is not None:
                    return code

    def _take(self, kind: int, content: bytes | memoryview) -> int | None:
        if kind in (protocol.STDOUT, protocol.STDERR):
            _write(kind, memoryview(content))
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
            # The first one says that the command runs.
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
            data = _read(min(self._credit, protocol.CHUNK), foreground)
            self._credit -= len(data)
            if not data and self._terminal and _hung_up():
                # The broker ends the command, also one that is deaf to SIGHUP.
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

    def _take_terminal_later(self, terminal: Terminal) -> None:
        # A shell tells nobody that a job which runs comes to the foreground.
        while not terminal.raw():
            time.sleep(_LOOK_EVERY)

    def _restore(self) -> None:
        if self._terminal:
            self._terminal.restore()

    def _catch_signals(self) -> None:
        receiving, sending = os.pipe()
        os.set_blocking(sending, False)
        signal.set_wakeup_fd(sending, warn_on_full_buffer=False)
        for number in (*_FORWARDED, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH):
            # `nohup` and shells without job control have their reasons.
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
        """Stop there and here."""
        self._send(protocol.frame(protocol.SIGNAL, b"STOP"))
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self) -> None:
        """Go on in both places, whatever stopped this one."""
        if self._terminal:
            self._take_terminal()
            self._send(protocol.size_frame(self._terminal.size()))
        self._send(protocol.frame(protocol.SIGNAL, b"CONT"))


def _noticed(*_: object) -> None:
    """Let the wakeup descriptor do the work."""


def _connect(folder: str) -> socket.socket | None:
    deadline = time.monotonic() + CONNECT_WITHIN
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
    """Return what the declaration lists of the environment. The broker does not take anything else."""
    try:
        with open(os.path.join(os.fsencode(folder), b"variables", name), "rb") as file:
            names = file.read().split()
    except OSError:
        return ()
    return tuple((listed, os.environb[listed]) for listed in names if listed in os.environb)


def _open_closed_streams() -> None:
    # Where a standard stream is closed, the next file opened would take its number and its part.
    for stream in (0, 1, 2):
        try:
            fcntl.fcntl(stream, fcntl.F_GETFD)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _read(size: int, foreground: bool) -> bytes:
    """Return what standard input has, empty at its end.

    A background process that reads its terminal is stopped: it waits until it is in the foreground instead.
    """
    poll = select.poll()
    poll.register(0, select.POLLIN)
    while True:
        try:
            poll.poll()
            if foreground and not _in_foreground():
                time.sleep(_LOOK_EVERY)
                continue
            return os.read(0, size)
        except BlockingIOError:
            continue
        except OSError:
            return b""


def _in_foreground() -> bool:
    """Tell whether this process may read its terminal without being stopped."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return True  # another session's, as after `setsid`, or gone


def _hung_up() -> bool:
    poll = select.poll()
    poll.register(0, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))


def _write(stream: int, content: memoryview) -> None:
    while content:
        try:
            content = content[os.write(stream, content) :]
        except BlockingIOError:
            # Whoever started this left its stream non-blocking.
            poll = select.poll()
            poll.register(stream, select.POLLOUT)
            poll.poll()
        except BrokenPipeError:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGPIPE)
        except OSError as error:
            os._exit(_fail(1, f"its output cannot be written: {error.strerror}"))


def _fail(code: int, sentence: str) -> int:
    try:
        os.write(2, f"bridge: {sentence}\n".encode("utf-8", "replace"))
    except OSError:
        return code  # nobody there to be told
    return code


def run() -> None:
    """Be the command, from the program's name to the exit code."""
    program, *arguments = map(os.fsencode, sys.argv)
    code = main(program, arguments)
    # The other threads wait for what will not come any more.
    os._exit(code)
