"""The user and group id of the agent: the caller's, unless others are set."""

from __future__ import annotations

import os

from aidevcontainer.util.errors import WRONG_USAGE, Problem


def detect(caller: dict[str, str], recorded: dict[str, str], root: str) -> tuple[int, int]:
    """Returns user and group id: from the environment, else as recorded in `.env`, else the calling user's.

    Raises Problem for root without set ids, for ids that are not numbers, and for user id 0.
    """
    uid = _given("CLAUDE_UID", caller, recorded)
    gid = _given("CLAUDE_GID", caller, recorded)
    if os.getuid() == 0 and (uid is None or gid is None):
        raise Problem(_refusal(root), WRONG_USAGE)
    if uid == 0:
        raise Problem(
            "CLAUDE_UID is 0, and the agent never runs as root. Set it to an ordinary user's id.", WRONG_USAGE
        )
    return os.getuid() if uid is None else uid, os.getgid() if gid is None else gid


def _given(name: str, caller: dict[str, str], recorded: dict[str, str]) -> int | None:
    # Set but empty: the person wants what is recorded to be forgotten.
    text = caller.get(name, recorded.get(name))
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise Problem(
            f"{name} is '{text}', which is not a number. Set it to a numeric id, as 'id' prints it.",
            WRONG_USAGE,
        )
    return int(text)


def _refusal(root: str) -> str:
    owner = os.stat(root)
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (1000, 1000)
    return (
        "You are root, and the agent never runs as root: it needs the ids of the user who owns the files. "
        f"Set them once, .env keeps them: CLAUDE_UID={uid} CLAUDE_GID={gid} ./.aidevcontainer/claude"
    )
