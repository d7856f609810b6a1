"""Compose's `.env`: reading it, and changing single lines of it without losing a person's own.

Quoting follows Compose's dotenv dialect: single quotes are literal but for a last backslash,
double quotes know backslash escapes.
"""

from __future__ import annotations

from aidevcontainer.util import files

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,-")
_HEADER = "# Written by the helper scripts for this machine alone. Lines of your own are kept.\n"


def read(path: str) -> dict[str, str]:
    """Return the assignments of a file; no file is no assignment."""
    return parse(_text(path))


def parse(text: str) -> dict[str, str]:
    """Return the assignments in a text."""
    pairs = (_assignment(line) for line in text.splitlines())
    return {pair[0]: pair[1] for pair in pairs if pair}


def update(path: str, wanted: dict[str, str], managed: tuple[str, ...]) -> bool:
    """Make the file hold the wanted values and no other managed name; tell whether it had to change.

    Lines that are not managed stay as they are, in their place. The file is replaced in one step.

    Raises ValueError for a value with a line break, which the format cannot carry.
    """
    old = _text(path).splitlines(keepends=True)
    kept = [line for line in old if not _belongs(line, managed)] if old else [_HEADER]
    new = _ended(kept) + [f"{name}={quoted(value)}\n" for name, value in sorted(wanted.items())]
    if new == old:
        return False
    files.write(path, "".join(new))
    return True


def quoted(value: str) -> str:
    """Return a value as the file must spell it."""
    if "\n" in value or "\r" in value:
        raise ValueError("a line break cannot stand in an .env file")
    if all(character in _PLAIN for character in value):
        return value
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _belongs(line: str, managed: tuple[str, ...]) -> bool:
    pair = _assignment(line)
    return pair is not None and pair[0] in managed


def _ended(lines: list[str]) -> list[str]:
    return [line if line.endswith("\n") else line + "\n" for line in lines]


def _text(path: str) -> str:
    try:
        # surrogateescape: a path is bytes on Linux, and must come back as the same bytes.
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _assignment(line: str) -> tuple[str, str] | None:
    text = line.strip()
    if text.startswith("#") or "=" not in text:
        return None
    name, value = text.split("=", 1)
    return name.replace("export ", "", 1).strip(), _unquoted(value.strip())


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        end = value.rfind(value[0])
        return _unescaped(value[1:end], value[0]) if end else value
    return value.split(" #", 1)[0].rstrip()


def _unescaped(text: str, quote: str) -> str:
    if quote == "'":
        return text
    for character in ('"', "$", "\\"):
        text = text.replace("\\" + character, character)
    return text
