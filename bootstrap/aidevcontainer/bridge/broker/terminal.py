"""The caller's terminal and standard streams, as the client uses them."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import fcntl
import os
import select
import termios
import time

from aidevcontainer.bridge.broker.protocol import Size

LOOK_EVERY = 0.2  # seconds, while in the background


class ClientTerminal:
    """The caller's terminal, which the command uses alone while it runs in the foreground."""

    def __init__(self) -> None:
        self._saved: list[object] | None = None

    def size(self) -> Size:
        """Returns its size."""
        columns, rows = os.get_terminal_size(0)
        return Size(rows, columns)

    def raw(self) -> bool:
        """Makes the terminal pass on every key. Returns False in the background, where it may not."""
        try:
            if not in_foreground():
                return False
            self._make_raw()
        except (OSError, termios.error):
            pass  # the window is gone
        return True

    def restore(self) -> None:
        """Restores the first settings, unless the terminal belongs to another job by now."""
        saved, self._saved = self._saved, None
        try:
            if saved and in_foreground():
                termios.tcsetattr(0, termios.TCSADRAIN, saved)  # type: ignore[arg-type]
        except (OSError, termios.error):
            return  # the window is gone

    def _make_raw(self) -> None:
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


def open_closed_streams() -> None:
    """Opens standard streams that are closed, because the next file opened would take their numbers."""
    for stream in (0, 1, 2):
        try:
            fcntl.fcntl(stream, fcntl.F_GETFD)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def read(size: int, foreground: bool) -> bytes:
    """Returns bytes of standard input, empty at its end.

    With `foreground` it waits until the process is in the foreground: a background process that reads its
    terminal is stopped.
    """
    poll = select.poll()
    poll.register(0, select.POLLIN)
    while True:
        try:
            poll.poll()
            if foreground and not in_foreground():
                time.sleep(LOOK_EVERY)
                continue
            return os.read(0, size)
        except BlockingIOError:
            continue
        except OSError:
            return b""


def write(stream: int, content: memoryview) -> None:
    """Writes content to a standard stream. Ends with SIGPIPE where its reader is gone. Raises OSError."""
    while content:
        try:
            content = content[os.write(stream, content) :]
        except BlockingIOError:
            # The caller made its stream non-blocking.
            poll = select.poll()
            poll.register(stream, select.POLLOUT)
            poll.poll()
        except BrokenPipeError:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGPIPE)


def in_foreground() -> bool:
    """Returns whether this process may read its terminal without being stopped."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return True  # the terminal is another session's, as after `setsid`, or gone


def hung_up() -> bool:
    """Returns whether the terminal on standard input is gone."""
    poll = select.poll()
    poll.register(0, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))
