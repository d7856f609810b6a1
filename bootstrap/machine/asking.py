"""A question that a person answers with yes or no, or that --yes has answered."""

from __future__ import annotations

import sys

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem


class Asking:
    """Shows an offer and returns the answer; *agreed* is --yes."""

    def __init__(self, console: Console, agreed: bool) -> None:
        self._console = console
        self._agreed = agreed

    def __call__(self, offer: str) -> bool:
        """Return whether to do what is offered. Raises Problem where there is nobody to ask."""
        if self._agreed:
            self._console.say(offer)
            return True
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Problem(f"{offer}\nThere is no terminal to ask on: to agree, run this again with --yes.")
        self._console.say(offer)
        sys.stderr.write("Do that? [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
