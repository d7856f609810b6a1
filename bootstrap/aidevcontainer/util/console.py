"""What the helpers say: all of it on standard error, since standard output is for answers."""

from __future__ import annotations

import os
import sys

from aidevcontainer.util.printable import lines

_RED, _DIM, _PLAIN = "\033[31m", "\033[2m", "\033[0m"


class Console:
    """A person's console. `quiet` leaves only problems and warnings; `as_json` answers failures too."""

    def __init__(self, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet = quiet
        self.as_json = as_json
        self.live = _is_terminal(2)
        # A dumb terminal shows what others obey.
        self.paints = self.live and os.environ.get("TERM") != "dumb"
        self.coloured = self.paints and not os.environ.get("NO_COLOR")

    def say(self, text: str) -> None:
        """Report a step."""
        if not self.quiet:
            _write(lines(text) + "\n")

    def warn(self, text: str) -> None:
        """Report what a person should know although it stops nothing."""
        _write(f"aidevcontainer: {lines(text)}\n")

    def fail(self, text: str) -> None:
        """Report why it ends here."""
        painted = f"{_RED}aidevcontainer:{_PLAIN}" if self.coloured else "aidevcontainer:"
        _write(f"{painted} {lines(text)}\n")

    def answer_failure(self, text: str) -> None:
        """Tell a program that waits for JSON on standard output what it gets instead of its answer."""
        if self.as_json:
            import json  # costs the way of a session two milliseconds, and it has no use for it

            sys.stdout.write(json.dumps({"error": text}) + "\n")

    def line(self, text: str) -> None:
        """Show a passing state in the terminal's last line; nothing where there is no terminal."""
        if self.paints and not self.quiet:
            columns = os.get_terminal_size(2).columns
            shown = text[: max(columns - 1, 0)]
            _write(f"\r\033[K{_DIM}{shown}{_PLAIN}" if self.coloured else f"\r\033[K{shown}")

    def clear_line(self) -> None:
        """Take the passing state away again."""
        if self.paints and not self.quiet:
            _write("\r\033[K")


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _write(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()
