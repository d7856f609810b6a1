"""A project's lists of allowed hosts: reads entries, and changes single lines without losing anything else.

The firewall's own linter is awk, so it also runs on the host. It has the sentences about mistakes.
"""

from __future__ import annotations

import fcntl
import os

from aidevcontainer.firewall import entry
from aidevcontainer.project.paths import Project
from aidevcontainer.util import files, programs, text_filter
from aidevcontainer.util.errors import WRONG_USAGE, Problem

# Part of the quick path: these modules take as long to load as all the work here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARED = "allowed-domains.txt"
OWN = "allowed-domains.local.txt"
_LINTER = ("addresses.awk", "lint-list.awk")
# The firewall refuses larger lists.
_MOST_BYTES = 4_000_000


class ListLine:
    """Where an entry is: a file of `.aidevcontainer/` and the line's number, from 1."""

    def __init__(self, file: str, number: int) -> None:
        self.file = file
        self.number = number


class Lists:
    """The lists of one project. Methods raise OSError where a list cannot be read or written."""

    def __init__(self, project: Project) -> None:
        self.folder = project.folder
        self.own = os.path.join(project.folder, OWN)
        self.shared = os.path.join(project.folder, SHARED)

    def find(self, text: str) -> list[ListLine]:
        """Returns the lines that contain exactly this entry."""
        wanted = entry.canonical(text)
        return [line for each, line in self.entries() if entry.canonical(each) == wanted]

    def wildcards_over(self, text: str) -> list[str]:
        """Returns the listed wildcards that allow an entry."""
        wanted = entry.parse(text)
        if wanted is None:
            return []
        listed = ((each, entry.parse(each)) for each, _ in self.entries())
        return [each for each, found in listed if found and wanted.is_below(found)]

    def allows(self, text: str) -> bool:
        """Returns whether an entry is listed, or a wildcard that allows it."""
        return bool(self.find(text) or self.wildcards_over(text))

    def missing(self, texts: list[str]) -> list[str]:
        """Returns the entries that are neither listed nor allowed by a wildcard, and reads the lists once."""
        listed = [entry.parse(each) or each for each, _ in self.entries()]
        known = set(map(str, listed))
        wildcards = [
            each for each in listed if isinstance(each, entry.ListEntry) and each.kind == entry.WILDCARD
        ]
        return [each for each in texts if not _is_among(each, known, wildcards)]

    def entries(self) -> Iterator[tuple[str, ListLine]]:
        """Yields the text of each entry of both lists, in lower case, and its line. Not all may be valid."""
        for file in (SHARED, OWN):
            for number, line in enumerate(_lines(os.path.join(self.folder, file)), 1):
                text = _entry(line)
                if text:
                    yield text, ListLine(file, number)

    def add(self, texts: list[str], project: bool = False) -> list[str]:
        """Appends entries to the person's own list, and returns those that were not listed before.

        With `project`, appends to the project's list what is not there.
        """
        with _FolderLock(self.folder):
            known = {
                entry.canonical(each) for each, line in self.entries() if line.file == SHARED or not project
            }
            asked = {entry.canonical(each): each for each in texts}
            new = [each for key, each in asked.items() if key not in known]
            if new:
                _append(self.shared if project else self.own, new)
        return new

    def remove(self, text: str) -> bool:
        """Removes an entry from the person's own list, and returns whether it was there."""
        wanted = entry.canonical(text)
        return self._change(self.own, lambda line: "" if _is(line, wanted) else line)

    def comment_out(self, text: str) -> bool:
        """Turns an entry of the project's list into a comment, and returns whether it was there."""
        wanted = entry.canonical(text)
        return self._change(self.shared, lambda line: f"# {line}" if _is(line, wanted) else line)

    def _change(self, path: str, change: Callable[[str], str]) -> bool:
        with _FolderLock(self.folder):
            lines = _lines(path)
            changed = list(map(change, lines))
            if changed != lines:
                _replace(path, changed)
        return changed != lines

    def require_valid(self, texts: list[str]) -> None:
        """Raises Problem, as wrong usage, for text that is not an entry, with the linter's sentence."""
        linter = [os.path.join(self.folder, "scripts", "firewall", name) for name in _LINTER]
        for text in texts:
            if entry.parse(text) is None:
                raise Problem(_unprintable(text) or _lint(linter, text) or _not_an_entry(text), WRONG_USAGE)


class _FolderLock:
    """Lets one process at a time change the lists, so that no change of another one is lost.

    It is not `util.lock`: that one is in a user's cache, and several users may share a project. Its imports
    also take as long as the rest of the quick path.
    """

    def __init__(self, folder: str) -> None:
        self._descriptor = os.open(folder, os.O_RDONLY)

    def __enter__(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except OSError:
            return  # a file system without locks

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _unprintable(text: str) -> str:
    # The linter would read these as something else: a comment, a second line, nothing.
    if not text or any(letter <= " " or letter in "#\x7f" for letter in text):
        return _not_an_entry(text)
    return ""


def _not_an_entry(text: str) -> str:
    return f"{text!r} is not an entry. Write one host, without spaces, line breaks or comments."


def _lint(linter: list[str], text: str) -> str:
    awk = programs.find("awk", os.environ.get("PATH", os.defpath))
    if awk is None or not all(map(os.path.isfile, linter)):
        return ""
    command = [awk, *(part for path in linter for part in ("-f", path)), "/dev/stdin"]
    line = f"{text}\n".encode(errors="surrogateescape")
    _, said = text_filter.complaint(command, line, {**os.environ, "LC_ALL": "C"})
    # The place is a file that the person has not seen.
    place, found, reason = said.decode(errors="replace").strip().partition(" line 1: ")
    return reason if found else place


def _is_among(text: str, known: set[str], wildcards: list[entry.ListEntry]) -> bool:
    wanted = entry.parse(text)
    if entry.canonical(text) in known or wanted is None:
        return wanted is not None
    return any(wanted.is_below(each) for each in wildcards)


def _is(line: str, wanted: str) -> bool:
    return entry.canonical(_entry(line)) == wanted


def _entry(line: str) -> str:
    return entry.in_line(line.removeprefix("\ufeff"))


def _lines(path: str) -> list[str]:
    # Not `splitlines`, which splits at more characters than the firewall does.
    lines = files.read_text(path, _MOST_BYTES).split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


def _append(path: str, entries: list[str]) -> None:
    lines = _lines(path)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += ending
    _replace(path, lines + [each + ending for each in entries])


def _replace(path: str, lines: list[str]) -> None:
    # A link stays a link: its target is replaced.
    files.write(os.path.realpath(path), "".join(lines))
