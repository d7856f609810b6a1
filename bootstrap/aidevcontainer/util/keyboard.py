"""Single keys from the person's terminal."""

from __future__ import annotations

import os
import select
import signal
import termios
import time
import tty

# Browsers give the same reason for the pause in their own permission questions: a key that was already on its
# way, or that repeats, is not an answer to a question that nobody can have read yet.
_PAUSE = 0.4  # seconds
_MOST = 4096


class Keyboard:
    """The terminal on standard input. Inside `with` it hands over each key at once and shows none."""

    def __init__(self) -> None:
        self._listens_from = 0.0

    def __enter__(self) -> Keyboard:
        self._before = termios.tcgetattr(0)
        tty.setcbreak(0)
        # After Ctrl+Z, the shell has given the terminal its own settings.
        self._resume = signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(0))
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGCONT, self._resume)
        # Keys that nobody has read would be typed into the shell.
        termios.tcsetattr(0, termios.TCSAFLUSH, self._before)

    def fileno(self) -> int:
        """Returns the descriptor that `select` waits for."""
        return 0

    def forget(self) -> None:
        """Drops everything that was typed so far, and what is typed within the next moment."""
        termios.tcflush(0, termios.TCIFLUSH)
        self._listens_from = time.monotonic() + _PAUSE

    def key(self) -> str:
        """Returns the key that was pressed, or nothing for anything else. Raises EOFError without a terminal.

        Pasted text and the sequences that arrow keys send arrive at once, and count as nothing.
        """
        typed = _read()
        if not typed:
            raise EOFError
        is_one = len(typed) == 1 and time.monotonic() >= self._listens_from
        return chr(typed[0]) if is_one else ""


def usable() -> bool:
    """Returns whether a person can answer: all streams are a terminal, and this process is in front there.

    A terminal stops a background process that reads from it.
    """
    try:
        return all(map(os.isatty, (0, 1, 2))) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _read() -> bytes:
    try:
        typed = os.read(0, _MOST)
        # The rest of a long paste would count as keys of its own.
        while typed and len(typed) % _MOST == 0 and select.select([0], [], [], 0)[0]:
            typed = os.read(0, _MOST) and typed
    except OSError:
        return b""
    return typed
