"""Text from others, such as the name of a file, made safe for a person's terminal.

The agent chooses many texts: names of files and branches, what its programs log. A terminal would obey escape
sequences in them, which set its title, fill its clipboard or hide lines.
"""

from __future__ import annotations

import sys


def printable(text: str) -> str:
    """Returns a line without control characters, which every terminal can show."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def lines(text: str) -> str:
    """Returns the same for a text of several lines, whose tabs stay."""
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def answer(text: str) -> None:
    """Writes a text to standard output, where the answers for a person go, in characters that it can show."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(lines(text).encode(encoding, "replace").decode(encoding))
