"""Lengths of time as people write them on a command line: `90s`, `30m`, `2h`, `1d`."""

from __future__ import annotations

from aidevcontainer.util.errors import WRONG_USAGE, Problem

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MOST = 30 * 86400


def seconds(text: str) -> int:
    """Returns a length of time in seconds. Raises Problem, as wrong usage, for any other text."""
    word = text.strip().lower()
    number, unit = word[:-1], _SECONDS.get(word[-1:], 0)
    value = int(number) * unit if number.isascii() and number.isdigit() else 0
    if not 0 < value <= _MOST:
        raise Problem(
            f"'{text}' is not a length of time: write a number and s, m, h or d, as in 30m, up to 30d.",
            WRONG_USAGE,
        )
    return value


def words(value: int) -> str:
    """Returns a length of time for a person, in its largest unit."""
    for unit, size in reversed(list(_SECONDS.items())):
        if value >= size:
            return f"{value // size} {unit}" if unit != "m" else f"{value // size} min"
    return "0 s"
