"""Finds files whose content differs from the index while git takes them for unchanged.

Git compares a file's times and size with those in the index, and its content only where they differ. An agent
can put the times of a changed file into the index, for example with a filter of its own for `git add`.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import NamedTuple

from aidevcontainer.git import untrusted
from aidevcontainer.git.asked import Asked
from aidevcontainer.git.untrusted import UnreadableError

_SECONDS = 2
# With one of these, git keeps another content than the file's.
_CONVERTS = ("filter", "ident", "working-tree-encoding")
_NOT = {"unspecified", "unset"}


class _Tracked(NamedTuple):
    changed: int
    name: str
    mode: str
    digest: str


def find(work_tree: str, git: Asked) -> list[str]:
    """Returns the names of such files. In large work trees, two seconds suffice for the latest changes only.

    Raises Problem.
    """
    end = time.monotonic() + _SECONDS
    differ: list[str] = []
    for each in sorted(_tracked(work_tree, git), reverse=True):
        if time.monotonic() > end:
            break
        if _differs(os.path.join(work_tree, each.name), each):
            differ.append(each.name)
    return sorted(set(differ) - _known(differ, git)) if differ else []


def _tracked(work_tree: str, git: Asked) -> list[_Tracked]:
    found = []
    for line in git.lines("\0", "ls-files", "--stage", "-z"):
        facts, _, name = line.partition("\t")
        mode, digest, stage = facts.split(" ")
        try:
            seen = os.lstat(os.path.join(work_tree, name))
        except OSError:
            continue
        if stage == "0" and stat.S_ISREG(seen.st_mode) and mode.startswith("100"):
            found.append(_Tracked(seen.st_ctime_ns, name, mode, digest))
    return found


def _differs(path: str, tracked: _Tracked) -> bool:
    try:
        content = untrusted.read(path)
    except UnreadableError:
        return False
    # Git may have changed line ends on the way.
    return tracked.digest not in (_blob(each, tracked) for each in (content, content.replace(b"\r\n", b"\n")))


def _blob(content: bytes, tracked: _Tracked) -> str:
    name = "sha1" if len(tracked.digest) == 40 else "sha256"
    return hashlib.new(name, b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def _known(names: list[str], git: Asked) -> set[str]:
    """Returns the files that git shows as changed, or converts."""
    # Not those in submodules, whose configuration could name a program.
    shown = git.lines("\0", "diff-files", "--name-only", "--ignore-submodules=all", "-z")
    answers = git.lines("\0", "check-attr", "-z", "--stdin", *_CONVERTS, input="\0".join(names))
    converted = {name for name, value in zip(answers[::3], answers[2::3], strict=True) if value not in _NOT}
    return {*shown, *converted}
