"""Asks a person for consent before a change that cannot be undone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem


def given(question: str, agreed: bool, **streams: Any) -> bool:  # noqa: ANN401 -- questionary's
    """Returns whether the person agrees; `agreed` is a yes from the command line.

    Raises Problem without a terminal, and KeyboardInterrupt for Ctrl+C, which is not an answer.
    """
    if agreed:
        return True
    if not streams and not possible():
        raise Problem(
            "Nothing was changed: there is no terminal to ask on. To agree without a question: --yes"
        )
    import questionary  # loads for 100 ms, which only a question needs

    return bool(questionary.confirm(question, default=False, **streams).unsafe_ask())


@contextmanager
def says_at_ctrl_c(console: Console, sentence: str) -> Iterator[None]:
    """Tells a person who leaves a question with Ctrl+C the result."""
    try:
        yield
    except KeyboardInterrupt:
        console.say(sentence)
        raise


def possible() -> bool:
    """Returns whether there is a terminal to ask on."""
    return os.isatty(0) and os.isatty(1)


def tell_sessions(console: Console, sessions: list[str]) -> None:
    """Names the open sessions, if there are any: they are about to end."""
    if sessions:
        noun = "session" if len(sessions) == 1 else "sessions"
        console.warn(f"This ends {len(sessions)} open {noun} in this project's container:")
        for session in sessions:
            console.warn(f"  {session}")
