"""What a check says, and how checks are declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aidevcontainer.doctor.context import Context

OK, NOTE, WARNING, ERROR = "ok", "note", "warning", "error"
LEVELS = (OK, NOTE, WARNING, ERROR)
# Seconds that a check may take.
_PATIENCE = 20.0


class SkippedError(Exception):
    """A check that cannot be done here and now; its text is the reason, a clause without a full stop."""


class Remark(NamedTuple):
    """What a check found: one sentence, and the command or change that mends it."""

    level: str
    what: str
    fix: str = ""


class Finding(NamedTuple):
    """A remark together with the check's id and why it matters. The names are the JSON's."""

    id: str
    level: str
    what: str
    why: str
    fix: str


class Check(NamedTuple):
    """One thing to look at. `looks` completes "looks whether …"; `why` is what happens where it is not so."""

    id: str
    looks: str
    why: str
    run: Callable[[Context], Iterator[Remark]]
    seconds: float

    def finding(self, remark: Remark) -> Finding:
        """Returns a remark of this check as what is shown."""
        why = self.why if remark.level != OK else ""
        return Finding(self.id, remark.level, remark.what, why, remark.fix)


_Run = Callable[["Context"], Iterator[Remark]]


class Area:
    """The checks of one module."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checks: list[Check] = []

    def check(self, name: str, looks: str, why: str, seconds: float = _PATIENCE) -> Callable[[_Run], _Run]:
        """Declares a generator of remarks as a check. Without any remark worse than ok, it has passed."""

        def declare(run: _Run) -> _Run:
            self.checks.append(Check(f"{self.name}.{name}", looks, why, run, seconds))
            return run

        return declare


def ok(what: str) -> Remark:
    """Returns what is worth knowing although it is as it should be."""
    return Remark(OK, what)


def note(what: str, fix: str = "") -> Remark:
    """Returns what a person may want to know; nothing is broken."""
    return Remark(NOTE, what, fix)


def warning(what: str, fix: str) -> Remark:
    """Returns what will sooner or later go wrong, or does not protect as it should."""
    return Remark(WARNING, what, fix)


def error(what: str, fix: str) -> Remark:
    """Returns what keeps a session from working, or an open door."""
    return Remark(ERROR, what, fix)
