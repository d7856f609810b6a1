"""The interpreter's own `json` and `signal`, without the parts that take time to load.

Both libraries load `re` and `enum`, for 8 of the 19 ms that opening a session spends in Python (measured with
3.11). The parts used here are the ones that the libraries use, since Python 3.1. An interpreter without them
gets the libraries.
"""

from __future__ import annotations

# What typing has under this name costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any
else:
    try:
        import _signal as signal
    except ImportError:
        import signal

__all__ = ["fields", "fields_of", "parsed", "quoted", "signal"]


class _Defaults:
    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def fields(document: str | bytes) -> dict[str, Any]:
    """Returns the fields of a JSON object, none for any other text."""
    try:
        found = parsed(document)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def fields_of(path: str) -> dict[str, Any]:
    """Returns the fields of the JSON object in a file, none where it is missing or damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            return fields(file.read())
    except (OSError, ValueError):
        return {}


def parsed(document: str | bytes) -> Any:  # noqa: ANN401 -- as the library's
    """Returns the value of a JSON text in UTF-8. Raises ValueError. The library parses every unusual text."""
    text = document if isinstance(document, str) else document.decode()
    try:
        from _json import make_scanner

        value, end = make_scanner(_Defaults)(text, 0)  # type: ignore[arg-type]
        if not text[end:].strip(" \t\r\n"):
            return value
    except (ImportError, AttributeError, TypeError, StopIteration):
        pass
    import json

    return json.loads(text)


def quoted(text: str) -> str:
    """Returns a text as JSON, in ASCII."""
    try:
        from _json import encode_basestring_ascii
    except ImportError:
        from json.encoder import encode_basestring_ascii
    return encode_basestring_ascii(text)
