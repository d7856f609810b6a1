"""The error that becomes a message to the user, and the exit codes."""

from __future__ import annotations

FAILED = 1
WRONG_USAGE = 2


class Problem(Exception):  # noqa: N818 - not an error in the program, but a state of the user's machine
    """A failure as sentences: what failed, why, and the command that fixes it. `code` is the exit code."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code
