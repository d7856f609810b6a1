"""One finding of the search in the project, in words for a person.

`planted`, `planted_scaffolds` and `concealed` make them. The end of a session, `container status` and the
doctor show them.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from aidevcontainer.util.printable import printable

PROGRAMS = "would make your git run programs"
ELSEWHERE = "would make your git write to files that are not its own"
UNREADABLE = "cannot be read, so it could make your git run programs"
UNFINISHED = "was not searched completely for repositories that would make your git run programs"
SCAFFOLD = "is another scaffold, which the agent could write"
REMOVE = "If you did not create it, remove it before you use git there, and before you add or commit it."
REVIEW = (
    "If you did not create it, remove it. Otherwise read its files before you run its commands. "
    "To protect it: ./.aidevcontainer/container restart"
)
SHRINK = "Remove folders that are unusually deep or large and that you did not create."

_SHOWN = 3
_LONGEST = 200


class Plant(NamedTuple):
    """Something that misleads the host's git, or could. `path` is relative to the root, or git's own name.

    `reasons` are settings, hooks, files or commits. `digest` changes with each of them.
    """

    path: str
    reasons: tuple[str, ...]
    digest: str
    effect: str = PROGRAMS
    advice: str = REMOVE

    def known_as(self) -> str:
        """Returns an identity that differs for other content and for another path."""
        short = len(self.path) <= _LONGEST
        return f"{self.digest} {self.path if short else digest_of(self.path)}"

    def claim(self) -> str:
        """Returns the finding and why it matters, without the period."""
        more = ", …" if len(self.reasons) > _SHOWN else ""
        what = ", ".join(_short(each) for each in self.reasons[:_SHOWN]) + more
        return f"{_short(self.path)} {self.effect} ({what})"

    def sentence(self) -> str:
        """Returns the finding, why it matters and what to do, in one line."""
        return f"{self.claim()}. {self.advice}"


def digest_of(text: str) -> str:
    """Returns a short text that stands for a longer one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _short(text: str) -> str:
    half = _LONGEST // 2
    return printable(text if len(text) <= _LONGEST else f"{text[:half]} … {text[-half:]}")
