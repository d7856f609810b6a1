"""A terminal with a person in front: a pseudo-terminal, and the screen that the program paints on it."""

from __future__ import annotations

import contextlib
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pexpect
import pyte

from .hostuser import HostUser

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "backspace": "\x7f",
}


class Terminal:
    """A program on a terminal of *rows* by *columns* characters.

    A thread paints whatever the program writes and answers its questions to the terminal, until it ends.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        rows: int = 40,
        columns: int = 120,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        user: HostUser | None = None,
    ) -> None:
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.raw = b""
        self._child: pexpect.spawn[bytes] = pexpect.spawn(
            command[0],
            list(command[1:]),
            dimensions=(rows, columns),
            cwd=str(cwd) if cwd else None,
            env=dict(env) if env is not None else None,
            preexec_fn=user.become_on_terminal if user else None,
            timeout=None,
        )
        self._screen.answer = self._child.send
        self._painter = threading.Thread(target=self._paint, daemon=True)
        self._painter.start()

    def _paint(self) -> None:
        # Short waits: while a read is pending the kernel keeps the terminal open, and no window closes.
        while not self._closing.is_set():
            try:
                data = self._child.read_nonblocking(65536, timeout=0.1)
            except pexpect.TIMEOUT:
                continue
            except (OSError, ValueError, pexpect.EOF):
                return
            with self._lock:
                self.raw += data
                self._stream.feed(_known(data))

    def screen(self) -> str:
        """Return what a person sees now, without trailing blanks."""
        with self._lock:
            lines = [line.rstrip() for line in self._screen.display]
        return "\n".join(lines).rstrip()

    def draw(self, artist: Callable[[pyte.Screen], str]) -> str:
        """Return what *artist* makes of the screen as it is now."""
        with self._lock:
            return artist(self._screen)

    def wait_for(self, pattern: str, seconds: float = 30) -> str:
        """Return the screen once it shows the regular expression *pattern*; fail with it after *seconds*."""
        if not self.shows(pattern, seconds):
            raise AssertionError(f"{pattern!r} did not appear in {seconds} s. The screen:\n{self.screen()}")
        return self.screen()

    def shows(self, pattern: str, seconds: float) -> bool:
        """Return whether the screen shows the regular expression *pattern* within *seconds*."""
        until = time.monotonic() + seconds
        while not re.search(pattern, self.screen()):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def wait_gone(self, pattern: str, seconds: float = 30) -> None:
        """Wait until the screen no longer shows *pattern*; fail with the screen after *seconds*."""
        until = time.monotonic() + seconds
        while re.search(pattern, self.screen()):
            if time.monotonic() > until:
                raise AssertionError(
                    f"{pattern!r} was still there after {seconds} s. The screen:\n{self.screen()}"
                )
            time.sleep(0.05)

    def send(self, text: str) -> None:
        """Type *text*; nothing is added."""
        self._child.send(text)

    def key(self, name: str) -> None:
        """Press one key: a name of KEYS, or `ctrl-<letter>`."""
        self.send(chr(ord(name[-1]) & 31) if name.startswith("ctrl-") else KEYS[name])

    def resize(self, rows: int, columns: int) -> None:
        """Change the window's size, as dragging its corner does."""
        with self._lock:
            self._screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def wait(self, seconds: float = 30) -> int:
        """Return the program's exit code (128 + n after signal n) once it ended and all is painted."""
        self._painter.join(seconds)
        until = time.monotonic() + 5
        while self._child.isalive():
            if time.monotonic() > until:
                raise AssertionError(f"The program did not end in {seconds} s. The screen:\n{self.screen()}")
            time.sleep(0.02)
        signalled: int | None = self._child.signalstatus
        return 128 + signalled if signalled is not None else int(self._child.exitstatus or 0)

    def ends(self, seconds: float) -> bool:
        """Return whether the program closes its terminal within *seconds*."""
        self._painter.join(seconds)
        return not self._painter.is_alive()

    def alive(self) -> bool:
        """Return whether the program still runs."""
        return bool(self._child.isalive())

    def vanish(self) -> None:
        """Close the window: the program gets SIGHUP and its terminal is gone."""
        self._closing.set()
        self._painter.join()
        with contextlib.suppress(pexpect.ExceptionPexpect):
            self._child.close(force=False)

    def end(self) -> None:
        """Clean up whatever is left; for the end of a test."""
        self._closing.set()
        self._painter.join()
        with contextlib.suppress(OSError, pexpect.ExceptionPexpect):
            self._child.kill(signal.SIGKILL)
            self._child.close(force=True)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class _Screen(pyte.Screen):
    """A screen that answers the program's questions (where is the cursor?) instead of dropping them."""

    answer: Callable[[str], object]

    def write_process_input(self, data: str) -> None:
        self.answer(data)


# pyte takes private sequences (`ESC [ > 4 ; 2 m`, `ESC [ < u`) for the public ones that end alike.
_PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;:]*[a-zA-Z]")


def _known(data: bytes) -> bytes:
    return _PRIVATE.sub(b"", data)
