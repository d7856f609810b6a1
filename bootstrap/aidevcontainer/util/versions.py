"""Version numbers: of the template's releases, compared as Copier does (PEP 440), and of other programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

# What `git describe` puts behind the last tag: commits since, and the commit.
_SINCE = re.compile(r"-\d+-g[0-9a-f]{4,}$")
_NUMBERS = re.compile(r"v?(\d+(?:\.\d+)*)")


def parse(text: str) -> Version | None:
    """Returns the version that a tag, or `git describe`, names; None for anything else."""
    from packaging.version import InvalidVersion, Version  # costs 10 ms, which few commands need

    # packaging ignores spaces around a version, and a tag with spaces does not exist.
    if text != text.strip():
        return None
    try:
        return Version(_SINCE.sub("", text))
    except InvalidVersion:
        return None


def newer(tags: list[str], than: str) -> list[str]:
    """Returns the released ones of some tags that are newer than a version, the newest last.

    Returns all released ones where `than` is not a version.
    """
    current = parse(than)
    released = [(version, tag) for tag in tags if (version := parse(tag)) and not version.is_prerelease]
    found = [(version, tag) for version, tag in released if current is None or version > current]
    return [tag for _, tag in sorted(found, key=lambda each: each[0])]


def numbers(text: str) -> tuple[int, ...]:
    """Returns the numbers that a program's version starts with, none where it does not start with a number.

    Distributions append their own to them (`26.1.5+dfsg1`, `20.10.25-ce`), which PEP 440 does not know.
    """
    found = _NUMBERS.match(text.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()
