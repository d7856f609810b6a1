"""Rows at the end of a person's terminal that change in place, below lines that stay."""

from __future__ import annotations

import os
import sys
import textwrap

from aidevcontainer.util.printable import printable


class Panel:
    """The rows. `clear` them before anything else is printed. `moves`: the terminal can move its cursor."""

    def __init__(self, moves: bool) -> None:
        self._moves = moves
        self._rows: list[str] = []

    def show(self, texts: list[str]) -> None:
        """Shows texts in as many rows as they need. Nothing is cut: the end of a name tells whose it is."""
        width = max(os.get_terminal_size(2).columns - 1, 1)
        rows = [row for text in texts for row in textwrap.wrap(printable(text), width)]
        if rows != self._rows:
            self.clear()
            _write("\n".join(rows))
            self._rows = rows

    def clear(self) -> None:
        """Removes the rows; a terminal that cannot move its cursor keeps them."""
        if not self._rows:
            return
        above = len(self._rows) - 1
        up = f"\033[{above}A" if above else ""
        _write(f"\r{up}\033[J" if self._moves else "\n")
        self._rows = []


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
