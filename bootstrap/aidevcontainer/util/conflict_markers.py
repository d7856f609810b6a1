"""The conflict markers that an unfinished merge leaves in a file."""

from __future__ import annotations

import re

_MARKER = re.compile(rb"^(<{7}|>{7}) .*$|^={7}$", re.MULTILINE)


def there(content: bytes) -> bool:
    """Returns whether a text contains both ends of a conflict, since `=======` may underline a heading."""
    found = {match.group()[:1] for match in _MARKER.finditer(content)}
    return {b"<", b">"} <= found
