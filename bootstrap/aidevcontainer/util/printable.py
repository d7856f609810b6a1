"""Text that others chose, such as the name of a file, on a person's terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a line that cannot steer the terminal that shows it, and that can be written in any encoding."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def lines(text: str) -> str:
    """Return a text of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))
