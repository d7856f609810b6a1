"""What a user is told when something fails."""

from __future__ import annotations

FAILED = 1
WRONG_USAGE = 2


class Problem(Exception):  # noqa: N818 - not an error of the program but a state of the user's machine
    """A failure as sentences: what failed, why, which command helps. `code` is the exit code."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code
