"""Declares checks, and the findings that they return."""

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
    """A check cannot be done now. The text is the reason, a clause without a full stop."""


class Remark(NamedTuple):
    """One sentence about a problem, and the command or change that fixes it."""

    level: str
    what: str
    fix: str = ""


class Finding(NamedTuple):
    """A remark with its check's id and the reason why it matters. The JSON has the same names."""

    id: str
    level: str
    what: str
    why: str
    fix: str


class Check(NamedTuple):
    """One check. `looks` completes "looks whether …", and `why` says what happens otherwise."""

    id: str
    looks: str
    why: str
    run: Callable[[Context], Iterator[Remark]]
    seconds: float

    def finding(self, remark: Remark) -> Finding:
        """Returns the finding for a remark of this check."""
        why = self.why if remark.level != OK else ""
        return Finding(self.id, remark.level, remark.what, why, remark.fix)


_Run = Callable[["Context"], Iterator[Remark]]


class Area:
    """The checks of one module."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checks: list[Check] = []

    def check(self, name: str, looks: str, why: str, seconds: float = _PATIENCE) -> Callable[[_Run], _Run]:
        """Declares a generator of remarks as a check. It passes if no remark is a warning or an error."""

        def declare(run: _Run) -> _Run:
            self.checks.append(Check(f"{self.name}.{name}", looks, why, run, seconds))
            return run

        return declare


def ok(what: str) -> Remark:
    """Returns a remark about something that is right."""
    return Remark(OK, what)


def note(what: str, fix: str = "") -> Remark:
    """Returns a remark that is worth knowing, though nothing is broken."""
    return Remark(NOTE, what, fix)


def warning(what: str, fix: str) -> Remark:
    """Returns a remark about something that will fail later, or that protects too little."""
    return Remark(WARNING, what, fix)


def error(what: str, fix: str) -> Remark:
    """Returns a remark about something that prevents a session, or opens a hole."""
    return Remark(ERROR, what, fix)
