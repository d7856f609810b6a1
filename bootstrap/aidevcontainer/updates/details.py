"""The meaning of one file's change: hosts that open and close, and the versions that are pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.updates import resolutions
from aidevcontainer.updates.file_changes import Change, File

_LIST = f"{FOLDER}/allowed-domains.txt"
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHORT = 12  # digits of a commit


def of(change: Change) -> Iterator[str]:
    """Yields lines for a person; none for a file whose lines speak for themselves."""
    before, after = lines(change.before), lines(change.after)
    if change.path == _LIST:
        yield from (f"opens {entry}" for entry in after if entry not in before)
        yield from (f"closes {entry}" for entry in before if entry not in after)
    if change.path == resolutions.CLAUDE:
        yield from _moved("Claude Code", _claude(before), _claude(after))
    if change.path == resolutions.HELPERS:
        yield from _moved("helpers", *_helpers(before, after))


def lines(file: File | None) -> list[str]:
    """Returns a file's lines without comments, conflict markers and empty ones."""
    text = file.content.decode("utf-8", "replace") if file else ""
    found = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in found if line and not line.startswith(_MARKERS)]


def _moved(what: str, old: str, new: str) -> Iterator[str]:
    if old != new:
        yield f"{what} {old} → {new}"


def _claude(entries: list[str]) -> str:
    return next((entry.split()[1] for entry in entries if entry.startswith("version ")), "?")


def _helpers(before: list[str], after: list[str]) -> tuple[str, str]:
    """Returns the helpers' pins, without their address where it stays the same."""
    old, new = _pin(before), _pin(after)
    if old[0] == new[0] and old[1] and new[1]:
        return old[1], new[1]
    return "@".join(filter(None, old)) or "?", "@".join(filter(None, new)) or "?"


def _pin(entries: list[str]) -> tuple[str, str]:
    """Returns the address and the version that the helpers' requirement names; either may be empty."""
    requirement = next((entry for entry in entries if entry.startswith("aidevcontainer")), "")
    if "==" in requirement:
        return "", requirement.partition("==")[2].strip()
    location = requirement.partition(" @ ")[2].removeprefix("git+")
    address, _, commit = location.rpartition("@")
    return (address, commit[:_SHORT]) if _COMMIT.fullmatch(commit) else (location, "")
