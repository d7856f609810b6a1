"""Version numbers of releases, in the order that Copier gives them (PEP 440)."""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?P<pre>[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?"
    r"(?:[-_.]?(?:post|rev|r)[-_.]?(?P<post>\d+))?(?P<dev>[-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9._-]+)?",
    re.IGNORECASE,
)
# What `git describe` puts behind the last tag: commits since, and the commit.
_SINCE = re.compile(r"-\d+-g[0-9a-f]{4,}$")


class Version(NamedTuple):
    """A version that can be compared. `final` is false for all that comes before a release."""

    epoch: int
    release: tuple[int, ...]
    final: bool
    post: int


def parse(text: str) -> Version | None:
    """Return the version that a tag, or `git describe`, names; None for anything else."""
    found = _VERSION.fullmatch(_SINCE.sub("", text))
    if not found:
        return None
    # 1.0 is 1.0.0.
    release = re.sub(r"(\.0+)+$", "", found["release"])
    return Version(
        int(found["epoch"] or 0),
        tuple(int(part) for part in release.split(".")),
        not (found["pre"] or found["dev"]),
        int(found["post"] or -1),
    )


def newer(tags: list[str], than: str) -> list[str]:
    """Return the released ones of some tags that are newer than a version, the newest last.

    All of them, where it is no version.
    """
    current = parse(than)
    released = {tag: version for tag in tags for version in [parse(tag)] if version and version.final}
    found = [tag for tag in released if current is None or released[tag] > current]
    return sorted(found, key=lambda tag: released[tag])
