"""Tables for a terminal: columns as wide as their widest cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def lines(rows: Iterable[Sequence[str]], indent: int = 0, gap: int = 2) -> list[str]:
    """Returns one line for each row, without spaces at the end. All rows have the same number of cells."""
    table = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [_line(row, widths, indent, gap) for row in table]


def text(rows: Iterable[Sequence[str]], indent: int = 0, gap: int = 2) -> str:
    """Returns the same as one text, without a line break at its end."""
    return "\n".join(lines(rows, indent, gap))


def _line(row: tuple[str, ...], widths: list[int], indent: int, gap: int) -> str:
    cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
    return " " * indent + (" " * gap).join(cells).rstrip()
