"""The catalogue's entries, as they stand in `entries/NN-*.yml`. README.md explains the fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import entries as suite

FOLDER = Path(__file__).parent / "entries"

# What the attacker sees of a refusal, and its name in the report. `said` is a regular expression.
REFUSALS: dict[str, tuple[str, str]] = {
    "no such name": (
        r"NXDOMAIN|[Cc]ould not resolve|[Cc]ouldn't resolve|bad address|Name does not resolve|not known",
        "NXDOMAIN",
    ),
    "refused": (r"[Rr]efused|[Ff]ailed to connect|[Cc]ouldn't connect|[Cc]ould not connect", "reset"),
    "prohibited": (
        r"not permitted|[Pp]rohibited|[Pp]acket filtered|unreachable|denied|refused",
        "prohibited",
    ),
    "no right": (
        r"not permitted|[Pp]ermission denied|must be root|are you root|[Cc]annot set|can't|needs root",
        "no right",
    ),
    "read-only": (r"[Rr]ead-only file system|[Pp]ermission denied|not permitted|[Bb]usy", "read-only"),
    "not there": (r"[Nn]o such|not found|nonexistent|can't open", "not there"),
    "unanswered": (r"SERVFAIL|REFUSED|refused|timed out|no servers|communications error", "unanswered"),
    "not in force": ("", "not in force"),
    "closed": ("", "closed"),
    "cut off": (r"curl: \((35|52|56)\)|nothing came back|reset by peer", "cut off"),
    "turned away": (r"The firewall refused this request", "403"),
    "unreadable": (r"400 Bad request|501 Not Implemented|422 Unprocessable|505 ", "400"),
    "no connection": (r"does not accept the connection|No such name", "503"),
    "led to the host": (r"hello from listed", "led to the host"),
    "put in order": (r"hello from shared", "put in order"),
    "works": ("", "works"),
}


@dataclass(frozen=True)
class Entry:
    """One attack. `probe` is for sh; `reward` is what it prints when it succeeds."""

    id: str
    what: str
    refused: str
    why: str
    probe: str = ""
    outside: str = ""
    reward: str = "hello"
    says: str = ""
    log: str = ""
    by: str = "agent"
    before: str = ""
    family: int = 4
    drill: str = ""
    data: Any = None

    @property
    def number(self) -> int:
        """Return the number of the class."""
        return int(self.id.split("-")[0])

    @property
    def said(self) -> str:
        """Return the regular expression for what the refused one is told."""
        return self.says or REFUSALS[self.refused][0]

    @property
    def outcome(self) -> str:
        """Return one or two words for the table."""
        return REFUSALS[self.refused][1]


Chapter = suite.Chapter[Entry]


def chapters() -> tuple[Chapter, ...]:
    """Return all classes in their order; an unknown field or refusal raises."""
    return suite.chapters(FOLDER, _make)


def _make(number: int, raw: dict[str, Any]) -> list[Entry]:
    entry = suite.entry(Entry, number, {**raw, "what": raw["what"].strip()})
    assert entry.refused in REFUSALS, f"{entry.id}: unknown refusal {entry.refused}"
    return [entry]


def entries() -> list[Entry]:
    """Return the entries of all classes."""
    return [entry for chapter in chapters() for entry in chapter.entries]


def probes() -> list[Entry]:
    """Return the entries that are a command to run."""
    return [entry for entry in entries() if not entry.drill]


def drills(name: str) -> list[Entry]:
    """Return the entries that the drill *name* carries out."""
    return [entry for entry in entries() if entry.drill == name]
