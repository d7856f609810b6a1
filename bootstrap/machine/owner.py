"""Whose repository it is: the ids that the agent will have. Decided before anything is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.project import ids

_NAMES = ("CLAUDE_UID", "CLAUDE_GID")
# The first user of most Linux systems.
_USUAL = "1000"


class Ids(NamedTuple):
    """Numeric user and group id."""

    uid: int
    gid: int


def given(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the ids that the caller chose: CLAUDE_UID and CLAUDE_GID where they are set."""
    return {name: environment[name] for name in _NAMES if environment.get(name)}


def of_repository(path: Path, environment: Mapping[str, str]) -> Ids | None:
    """Returns the ids of the repository's user, or None where every clue leads to root.

    An ordinary caller's ids are the caller's own. For root these count, in this order: the given ids, the
    repository's owner, SUDO_UID and SUDO_GID, the owner of the folder around it. Raises Problem for given
    ids that are not possible.
    """
    chosen = given(environment)
    if os.getuid() == 0 and len(chosen) < len(_NAMES):
        clue = _owner(path) or _sudo(environment) or _owner(path.parent)
        if clue is None:
            return None
        chosen = {**dict(zip(_NAMES, map(str, clue), strict=True)), **chosen}
    return Ids(*ids.detect(chosen, {}, str(path)))


def usual(environment: Mapping[str, str]) -> Ids:
    """Returns 1000:1000, or what is given instead. Raises Problem for given ids that are not possible."""
    return Ids(*ids.detect({**dict.fromkeys(_NAMES, _USUAL), **given(environment)}, {}, ""))


def _owner(path: Path) -> Ids | None:
    found = path.stat()
    return Ids(found.st_uid, found.st_gid) if found.st_uid else None


def _sudo(environment: Mapping[str, str]) -> Ids | None:
    uid = environment.get("SUDO_UID", "")
    gid = environment.get("SUDO_GID", "")
    numbers = all(text.isascii() and text.isdigit() for text in (uid, gid))
    return Ids(int(uid), int(gid)) if numbers and int(uid) else None
