"""Reads Compose's `.env`, and changes single lines of it while a person's own lines stay.

Follows the dialect of compose-go's `dotenv` package: single quotes are literal except for `\\'`, double
quotes know backslash escapes, a comment may follow a value. `${NAME}` and octal escapes stay as they are.
Compose refuses the whole file at a line that it cannot read; this reader skips that line.

On the way of every session, so it imports nothing that takes time to load.
"""

from __future__ import annotations

from aidevcontainer.util import files

# What typing has under this name costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,-")
_HEADER = "# Written by the helper scripts for this machine alone. Lines of your own are kept.\n"
_BLANK = " \t\r\v\f\x85\xa0"
_BETWEEN = _BLANK + "\n\ufeff"
_NAME_MARKS = "_.-[]"
# `\$` becomes `$$`, which is Compose's own way to write a dollar sign.
_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "$": "$$",
}


class _Assignment:
    """A name and its value, with the place in the text where they stand."""

    def __init__(self, name: str, value: str, start: int, end: int) -> None:
        self.name = name
        self.value = value
        self.start = start
        self.end = end


def read(path: str) -> dict[str, str]:
    """Returns the assignments of a file, none where there is no such file. Raises OSError."""
    return parse(files.read_text(path))


def parse(text: str) -> dict[str, str]:
    """Returns the assignments in a text. The last one of a name counts."""
    return {each.name: each.value for each in _assignments(text.replace("\r\n", "\n").removeprefix("\ufeff"))}


def update(path: str, wanted: dict[str, str], managed: tuple[str, ...]) -> bool:
    """Makes the file hold the wanted values and no other managed name, and returns whether it had to change.

    All other lines stay in their place. The file is replaced in one step. Raises OSError, and ValueError for
    a value with a line break, which the format cannot hold.
    """
    old = files.read_text(path)
    kept = _without(old, managed) if old else _HEADER
    if kept and not kept.endswith("\n"):
        kept += "\n"
    new = kept + "".join(f"{name}={quoted(value)}\n" for name, value in sorted(wanted.items()))
    if new == old:
        return False
    files.write(path, new)
    return True


def quoted(value: str) -> str:
    """Returns a value as the file spells it. Raises ValueError for one with a line break."""
    if "\n" in value or "\r" in value:
        raise ValueError("a line break cannot stand in an .env file")
    if all(character in _PLAIN for character in value):
        return value
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _without(text: str, managed: tuple[str, ...]) -> str:
    kept, position = "", 0
    for each in _assignments(text):
        if each.name in managed:
            start, end = _with_rest_of_line(text, each)
            kept, position = kept + text[position:start], end
    return kept + text[position:]


def _with_rest_of_line(text: str, assignment: _Assignment) -> tuple[int, int]:
    start = text.rfind("\n", 0, assignment.start) + 1
    end = _line_end(text, assignment.end)
    before, after = text[start : assignment.start], text[assignment.end : end].strip(_BLANK)
    if not before.strip(_BLANK) and after[:1] in ("", "#"):
        return start, end + 1
    return assignment.start, assignment.end


def _assignments(text: str) -> Iterator[_Assignment]:
    position = 0
    while position < len(text):
        if text[position] in _BETWEEN:
            position += 1
            continue
        end = _line_end(text, position)
        found = None if text[position] == "#" else _assignment(text, position, end)
        if found:
            yield found
        position = found.end if found else end


def _assignment(text: str, start: int, line_end: int) -> _Assignment | None:
    """Returns the assignment that starts here, None where Compose would not take the line for one."""
    at = min(_find(text, "=", start, line_end), _find(text, ":", start, line_end))
    name = _name(text[start:at])
    if at == line_end or not name:
        return None
    value_start = line_end - len(text[at + 1 : line_end].lstrip(_BLANK))
    if text[value_start : value_start + 1] in ("'", '"'):
        end = _closing(text, value_start)
        value = _unquoted(text[value_start:end])
        return None if end < 0 else _Assignment(name, value, start, end + 1)
    value = text[value_start:line_end].partition(" #")[0].rstrip(_BLANK)
    return _Assignment(name, _dollars(value), start, line_end)


def _unquoted(text: str) -> str:
    """Returns the value of a quoted text, which comes without its closing quote."""
    quote, inner = text[:1], text[1:].replace(f"\\{text[:1]}", text[:1])
    return inner if quote == "'" else _dollars(_unescaped(inner))


def _dollars(text: str) -> str:
    return text.replace("$$", "$")


def _name(text: str) -> str:
    if text.startswith("export") and text[6:7] and text[6] in _BLANK:
        text = text[6:].lstrip(_BLANK)
    name = text.rstrip(_BLANK)
    return name if all(each.isalpha() or each.isnumeric() or each in _NAME_MARKS for each in name) else ""


def _closing(text: str, opening: int) -> int:
    """Returns the place of the quote that ends what `opening` begins, maybe lines later; -1 without one."""
    end = text.find(text[opening], opening + 1)
    while end >= 0 and _backslashes(text, end) % 2:
        end = text.find(text[opening], end + 1)
    return end


def _backslashes(text: str, end: int) -> int:
    return end - len(text[:end].rstrip("\\"))


def _unescaped(text: str) -> str:
    found, position = "", 0
    at = text.find("\\")
    while 0 <= at < len(text) - 1:
        found += text[position:at] + _ESCAPES.get(text[at + 1], text[at : at + 2])
        position = at + 2
        at = text.find("\\", position)
    return found + text[position:]


def _line_end(text: str, start: int) -> int:
    return _find(text, "\n", start, len(text))


def _find(text: str, mark: str, start: int, end: int) -> int:
    """Returns the place of a mark, or `end` where it is not found."""
    at = text.find(mark, start, end)
    return end if at < 0 else at
