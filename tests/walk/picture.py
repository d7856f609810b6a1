"""A terminal's screen as an SVG picture: what was there, and nothing of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

import pyte

_WIDTH, _HEIGHT, _PAD, _BAR = 8.4, 18, 14, 26
_BACK, _FORE, _FRAME = "#1b1e24", "#d7dae0", "#2b2f38"
_COLOURS = {
    "black": "#3f4451",
    "red": "#e06c75",
    "green": "#98c379",
    "brown": "#d19a66",
    "blue": "#61afef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#d7dae0",
}
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"

# What differs from run to run, and what stands there instead: of the same length, or the columns would move.
Replacements = Sequence[tuple[str, str]]


class Cell(NamedTuple):
    """A character, its colour, its background (empty where it is the screen's) and its weight."""

    text: str
    colour: str
    back: str
    bold: bool


def svg(screen: pyte.Screen, title: str, replacements: Replacements = ()) -> str:
    """Return the picture of the lines that are in use."""
    rows = [_row(screen, line) for line in range(screen.lines)]
    while rows and not _text(rows[-1]).strip():
        rows.pop()
    rows = [_settled(row, replacements) for row in rows]
    width, height = screen.columns * _WIDTH + 2 * _PAD, len(rows) * _HEIGHT + 2 * _PAD + _BAR
    lines = [line for number, row in enumerate(rows) for line in _drawn(row, number)]
    dots = "".join(
        f'<circle cx="{_PAD + 4 + 16 * place}" cy="15" r="5" fill="{colour}"/>'
        for place, colour in enumerate((_COLOURS["red"], _COLOURS["brown"], _COLOURS["green"]))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" font-size="14" '
        f'font-family="{_FONT}">\n<title>{escape(title)}</title>\n'
        f'<rect width="100%" height="100%" rx="8" fill="{_BACK}" stroke="{_FRAME}"/>\n{dots}\n'
        + "\n".join(lines)
        + "\n</svg>\n"
    )


def _row(screen: pyte.Screen, line: int) -> list[Cell]:
    return [_cell(screen.buffer[line][column]) for column in range(screen.columns)]


def _cell(found: pyte.screens.Char) -> Cell:
    colour, back = _colour(found.fg, _FORE), _colour(found.bg, "")
    if found.reverse:
        colour, back = back or _BACK, colour
    return Cell(found.data, colour, back, found.bold)


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    plain = name.removeprefix("bright").lower()
    return _COLOURS.get(plain, f"#{plain}")


def _settled(row: list[Cell], replacements: Replacements) -> list[Cell]:
    text = _text(row)
    for pattern, words in replacements:
        for found in list(re.finditer(pattern, text)):
            length = len(found[0])
            text = text[: found.start()] + words.ljust(length)[:length] + text[found.end() :]
    return [cell._replace(text=character) for cell, character in zip(row, text, strict=False)]


def _text(row: list[Cell]) -> str:
    return "".join(cell.text or " " for cell in row)


def _drawn(row: list[Cell], number: int) -> Iterator[str]:
    column, top = 0, _PAD + _BAR + number * _HEIGHT
    for look, cells in groupby(row, key=lambda cell: cell[1:]):
        text = _text(list(cells))
        left, width = _PAD + column * _WIDTH, len(text) * _WIDTH
        if look[1]:
            yield f'<rect x="{left:g}" y="{top - 4}" width="{width:g}" height="{_HEIGHT}" fill="{look[1]}"/>'
        yield from _words(text, column, top + 10, look)
        column += len(text)


def _words(text: str, column: int, base: int, look: tuple[str, str, bool]) -> Iterator[str]:
    # Each run of words has its own place: fonts differ in width, and columns must not.
    for found in re.finditer(r"\S+(?: \S+)*", text):
        left = _PAD + (column + found.start()) * _WIDTH
        weight = ' font-weight="bold"' if look[2] else ""
        yield (
            f'<text x="{left:g}" y="{base}" fill="{look[0]}"{weight} textLength="{len(found[0]) * _WIDTH:g}" '
            f'xml:space="preserve">{escape(found[0])}</text>'
        )
