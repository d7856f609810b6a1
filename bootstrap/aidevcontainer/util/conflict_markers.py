"""Conflict markers that a merge left in a file."""

from __future__ import annotations

import re

_MARKER = re.compile(rb"^(<{7}|>{7}) .*$|^={7}$", re.MULTILINE)


def there(content: bytes) -> bool:
    """Returns whether both ends of a conflict are in a text, since a heading may be underlined alike."""
    found = {match.group()[:1] for match in _MARKER.finditer(content)}
    return {b"<", b">"} <= found
