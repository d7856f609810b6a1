"""Messages for a person. All of them go to standard error, because standard output is for answers."""

from __future__ import annotations

import os
import sys

from aidevcontainer.util.printable import lines, printable

_RED, _DIM, _PLAIN = "\033[31m", "\033[2m", "\033[0m"


class Console:
    """A person's console. `quiet` leaves failures and warnings; `as_json` reports failures as JSON too."""

    def __init__(self, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet = quiet
        self.as_json = as_json
        self.live = _is_terminal(2)
        # A dumb terminal prints escape sequences instead of following them.
        self.paints = self.live and os.environ.get("TERM") != "dumb"
        self.coloured = self.paints and not os.environ.get("NO_COLOR")

    def say(self, text: str) -> None:
        """Reports a step."""
        if not self.quiet:
            _write(lines(text) + "\n")

    def warn(self, text: str) -> None:
        """Reports a fact that a person should know, although the command goes on."""
        _write(f"aidevcontainer: {lines(text)}\n")

    def fail(self, text: str) -> None:
        """Reports why the command ends here."""
        painted = f"{_RED}aidevcontainer:{_PLAIN}" if self.coloured else "aidevcontainer:"
        _write(f"{painted} {lines(text)}\n")

    def answer_failure(self, text: str) -> None:
        """Writes the failure as JSON to standard output, for a program that waits for an answer there."""
        if self.as_json:
            import json  # loads for 2 ms, and a session does not need it

            sys.stdout.write(json.dumps({"error": text}) + "\n")

    def line(self, text: str) -> None:
        """Shows a passing state in the terminal's last line, nothing without a terminal."""
        if self.paints and not self.quiet:
            columns = os.get_terminal_size(2).columns
            shown = printable(text)[: max(columns - 1, 0)]
            _write(f"\r\033[K{_DIM}{shown}{_PLAIN}" if self.coloured else f"\r\033[K{shown}")

    def clear_line(self) -> None:
        """Removes the passing state."""
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
