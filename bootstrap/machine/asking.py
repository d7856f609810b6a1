"""A question that a person answers with yes or no, or that --yes has answered."""

from __future__ import annotations

import sys

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem


class Asking:
    """Shows an offer and returns the answer; `agreed` is --yes."""

    def __init__(self, console: Console, agreed: bool) -> None:
        self._console = console
        self._agreed = agreed

    def possible(self) -> bool:
        """Returns whether there is an answer: --yes, or a terminal to ask on."""
        return self._agreed or (sys.stdin.isatty() and sys.stderr.isatty())

    def __call__(self, offer: str) -> bool:
        """Returns whether to do what is offered. Raises Problem where nobody can be asked."""
        if not self.possible():
            raise Problem(f"{offer}\nThere is no terminal to ask on. To agree, run this again with --yes.")
        self._console.say(offer)
        if self._agreed:
            return True
        sys.stderr.write("Do that? [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
