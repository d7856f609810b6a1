"""The question about a refused host: what a person may answer, with which key."""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.firewall.allowlist import OWN, SHARED
from aidevcontainer.firewall.waiting import WaitingRefusal

PAUSE = 300  # seconds
ASK_AGAIN = "./.aidevcontainer/firewall watch --ask-again"
_MOST_NAMES = 3
_LONGEST = 40  # characters of a name that waits


class Permission(NamedTuple):
    """How long a host is allowed. `seconds` and `project` as in `policy.allow`."""

    seconds: int | None
    project: bool = False


ALLOWING = {"o": Permission(0), "3": Permission(1800), "a": Permission(None), "p": Permission(None, True)}
NOT_NOW, NEVER, SKIP, HELP = "n", "v", "s", "?"
_ENTER = ("\r", "\n")
KEYS = "[o]nce  [3]0 min  [a]lways  [p]roject  [n]ot now  ne[v]er  [s]kip all  [?]"
_HELP = (
    ("o", "allow it until the firewall's container ends"),
    ("3", "allow it for 30 minutes"),
    ("a", f"always allow it for you: adds it to {OWN}"),
    ("p", f"always allow it for the whole team: adds it to {SHARED}"),
    ("n", "not now, also with Enter: asked again when you start this command again"),
    ("v", f"never: not asked again in this project. To undo this: {ASK_AGAIN}"),
    ("s", f"skip all that wait, and ask nothing for {PAUSE // 60} minutes"),
)


def meaning(key: str) -> str:
    """Returns the answer that a key stands for, or nothing. Enter stands for "not now"."""
    if key in _ENTER:
        return NOT_NOW
    word = key.lower()
    return word if word in ALLOWING or word in (NOT_NOW, NEVER, SKIP, HELP) else ""


def title(asked: WaitingRefusal, behind: list[WaitingRefusal], left_out: int) -> str:
    """Returns the question, and what waits behind it, the latest first."""
    if not behind:
        return f"Allow {asked.entry}?"
    names = ", ".join(_end_of(each.entry) for each in behind[: -_MOST_NAMES - 1 : -1])
    more = f" ({left_out} refusals did not fit)" if left_out else ""
    return (
        f"Allow {asked.entry}?  {len(behind)} more wait{more}: {names}{', …' * (len(behind) > _MOST_NAMES)}"
    )


def _end_of(entry: str) -> str:
    # The end of a name tells whose it is, and the agent may choose the start to mislead.
    return entry if len(entry) <= _LONGEST else f"…{entry[-_LONGEST:]}"


def explanation() -> str:
    """Returns a line for each key."""
    return "\n".join(f"  {key}  {text}" for key, text in _HELP)
