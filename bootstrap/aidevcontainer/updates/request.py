"""The update that the command line asks for."""

from __future__ import annotations

import re
from typing import NamedTuple

from aidevcontainer.util.errors import WRONG_USAGE, Problem


class UpdateRequest(NamedTuple):
    """The version to update to (empty: the newest), changed answers, and what to ask: all, new or nothing."""

    version: str
    data: dict[str, str]
    ask: str


def answers(values: list[str]) -> dict[str, str]:
    """Returns answers given as `NAME=VALUE`. Raises Problem for any other form."""
    wrong = [value for value in values if not re.match(r"\w+=", value)]
    if wrong:
        raise Problem(f"'{wrong[0]}' is not an answer. Write it as --data NAME=VALUE.", WRONG_USAGE)
    return {name: value for name, _, value in (each.partition("=") for each in values)}
