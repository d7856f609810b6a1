"""Whose repository it is: the ids that the agent will have. Decided before anything is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.project import ids
from aidevcontainer.util.errors import WRONG_USAGE, Problem
from machine.options import PROGRAM

_USUAL = 1000


class Owner(NamedTuple):
    """Numeric user and group id."""

    uid: int
    gid: int


def of_repository(path: Path, environment: Mapping[str, str]) -> Owner:
    """Return the caller's ids; for root those in CLAUDE_UID and CLAUDE_GID, else those of *path*'s owner.

    Raises Problem where that leaves root, as whom the agent never runs.
    """
    given = {name: environment[name] for name in ("CLAUDE_UID", "CLAUDE_GID") if environment.get(name)}
    stat = path.stat()
    if os.getuid() == 0 and len(given) < 2:
        if stat.st_uid == 0:
            raise Problem(_refusal(path), WRONG_USAGE)
        given = {"CLAUDE_UID": str(stat.st_uid), "CLAUDE_GID": str(stat.st_gid), **given}
    return Owner(*ids.detect(given, {}, str(path)))


def hand_over(path: Path, owner: Owner) -> None:
    """Give *path*, and everything below it, to *owner*; only root can, and only root has to."""
    if os.getuid() != 0:
        return
    os.lchown(path, *owner)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.lchown(Path(folder, name), *owner)


def _refusal(path: Path) -> str:
    return (
        f"You are root, {path} belongs to root, and the agent never runs as root. Nothing was written. "
        "Say whose ids it is to have:\n"
        f"  CLAUDE_UID={_USUAL} CLAUDE_GID={_USUAL} {PROGRAM} {path}\n"
        "or give the repository to the user who works in it, and run this again:\n"
        f"  chown -R {_USUAL}:{_USUAL} {path}"
    )
