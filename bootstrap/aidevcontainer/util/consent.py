"""A person's yes to what cannot be taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem


def given(question: str, agreed: bool, **streams: Any) -> bool:  # noqa: ANN401 -- questionary's
    """Return whether the person says yes; `agreed` is a yes that the command line brought along.

    Raises Problem where nobody can be asked, and KeyboardInterrupt for Ctrl+C, which is no answer.
    """
    if agreed:
        return True
    if not streams and not possible():
        raise Problem("Nothing was done, because there is no terminal to ask on. To agree beforehand: --yes")
    import questionary  # costs 100 ms, which only a question pays

    return bool(questionary.confirm(question, default=False, **streams).unsafe_ask())


@contextmanager
def says_at_ctrl_c(console: Console, sentence: str) -> Iterator[None]:
    """Have a person who leaves at a question know what that came to."""
    try:
        yield
    except KeyboardInterrupt:
        console.say(sentence)
        raise


def possible() -> bool:
    """Tell whether there is somebody to ask."""
    return os.isatty(0) and os.isatty(1)


def tell_sessions(console: Console, sessions: list[str]) -> None:
    """Say which sessions run, if any do: they are about to end."""
    if sessions:
        noun = "session runs" if len(sessions) == 1 else "sessions run"
        console.warn(f"{len(sessions)} {noun} in this project's container, and would end:")
        for session in sessions:
            console.warn(f"  {session}")
