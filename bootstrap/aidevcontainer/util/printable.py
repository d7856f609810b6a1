"""Text from others, such as the name of a file, made safe for a person's terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Returns a line without control characters, which every terminal and encoding can show."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def lines(text: str) -> str:
    """Returns the same for a text of several lines."""
    return "\n".join(map(printable, text.split("\n")))
