"""A person's lists of allowed hosts: reading them, and changing single lines without losing anything else.

The firewall's own linter has the last word on what an entry means. It is awk, so it runs on the host as well.
"""

from __future__ import annotations

import fcntl
import os

from aidevcontainer.project.paths import Project
from aidevcontainer.util import programs, text_filter
from aidevcontainer.util.errors import WRONG_USAGE, Problem

# On the way of commands that a person waits for: what these load takes as long as all that is done here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARED = "allowed-domains.txt"
OWN = "allowed-domains.local.txt"
_LINTER = ("addresses.awk", "lint-list.awk")


class Place:
    """Where an entry stands: a file of `.aidevcontainer/`, and the line's number from 1."""

    def __init__(self, file: str, line: int) -> None:
        self.file = file
        self.line = line


class Lists:
    """The lists of one project."""

    def __init__(self, project: Project) -> None:
        self.folder = project.folder
        self.own = os.path.join(project.folder, OWN)
        self.shared = os.path.join(project.folder, SHARED)

    def find(self, entry: str) -> list[Place]:
        """Return where an entry stands, word for word."""
        return [place for each, place in self.entries() if each == entry]

    def wildcards_over(self, entry: str) -> list[str]:
        """Return the listed wildcards that cover a name."""
        return [each for each, _ in self.entries() if each.startswith("*.") and entry.endswith(each[1:])]

    def entries(self) -> Iterator[tuple[str, Place]]:
        """Yield all entries of both lists, lower case, and where they stand."""
        for file in (SHARED, OWN):
            for number, line in enumerate(_lines(os.path.join(self.folder, file)), 1):
                if _entry(line):
                    yield _entry(line), Place(file, number)

    def add(self, entries: list[str]) -> list[str]:
        """Append what is not listed yet to the person's own list; return what that was. Raises OSError."""
        with _Turn(self.folder):
            new = [entry for entry in dict.fromkeys(entries) if not self.find(entry)]
            if new:
                lines = _lines(self.own)
                ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
                if lines and not lines[-1].endswith("\n"):
                    lines[-1] += ending
                _replace(self.own, lines + [entry + ending for entry in new])
        return new

    def remove(self, entry: str) -> bool:
        """Take an entry out of the person's own list; tell whether it stood there. Raises OSError."""
        return self._change(self.own, lambda lines: [line for line in lines if _entry(line) != entry])

    def comment_out(self, entry: str) -> bool:
        """Make an entry of the project's list a comment; tell whether it stood there. Raises OSError."""
        return self._change(
            self.shared, lambda lines: [f"# {line}" if _entry(line) == entry else line for line in lines]
        )

    def _change(self, path: str, change: Callable[[list[str]], list[str]]) -> bool:
        with _Turn(self.folder):
            lines = _lines(path)
            changed = change(lines)
            if changed != lines:
                _replace(path, changed)
        return changed != lines

    def require_sound(self, entries: list[str]) -> None:
        """Raise Problem, as wrong usage, with the linter's sentences for what is no entry."""
        linter = [os.path.join(self.folder, "scripts", "firewall", name) for name in _LINTER]
        for entry in entries:
            reason = _unprintable(entry) or _lint(linter, entry)
            if reason:
                raise Problem(reason, WRONG_USAGE)


class _Turn:
    """One at a time: of two that read the same lines, the second to write would lose the first one's."""

    def __init__(self, folder: str) -> None:
        self._descriptor = os.open(folder, os.O_RDONLY)

    def __enter__(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except OSError:
            return  # a file system without locks

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _unprintable(entry: str) -> str:
    # Both would pass the linter, as something else than what was asked for.
    if not entry or any(letter <= " " or letter in "#\x7f" for letter in entry):
        return f"{entry!r} is no entry: one host, without spaces, line breaks or comments."
    return ""


def _lint(linter: list[str], entry: str) -> str:
    awk = programs.find("awk", os.environ.get("PATH", os.defpath))
    if awk is None or not all(map(os.path.isfile, linter)):
        return ""  # the firewall looks at it too
    command = [awk, *(part for path in linter for part in ("-f", path)), "/dev/stdin"]
    text = f"{entry}\n".encode(errors="surrogateescape")
    code, said = text_filter.complaint(command, text, {**os.environ, "LC_ALL": "C"})
    # The name of a file that nobody has seen says nothing.
    place, found, reason = said.decode(errors="replace").strip().partition(" line 1: ")
    return (reason if found else place) if code else ""


def _entry(line: str) -> str:
    return line.lstrip("\ufeff").split("#", 1)[0].strip().lower()


def _lines(path: str) -> list[str]:
    try:
        # surrogateescape: what a person wrote comes back as it was, in whatever encoding.
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.readlines()
    except FileNotFoundError:
        return []


def _replace(path: str, lines: list[str]) -> None:
    # A link is followed, so that it stays one.
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.new"
    with open(temporary, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write("".join(lines))
    if os.path.exists(target):
        os.chmod(temporary, os.stat(target).st_mode & 0o7777)
    os.replace(temporary, target)
