"""Looks into one git directory for what would lead the host's git to programs, or to files somewhere else."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator

from aidevcontainer.git import harmless, host_config, repositories, runner, untrusted
from aidevcontainer.git.untrusted import UnreadableError
from aidevcontainer.util.errors import Problem

_EXEC = re.compile(rb"^\s*(?:x|exec)\s", re.MULTILINE)
# Any other is a program `git-merge-…`, with a slash one in the work tree.
_STRATEGIES = {"", "ort", "recursive", "resolve", "octopus", "ours", "subtree"}
_STRATEGY = "a strategy that is not git's own"
_WORK_TREE = "core.worktree"
_GIT_SECONDS = 10


class Inspected:
    """What was found: names of settings and hooks that run programs, places outside, and unread files."""

    def __init__(self) -> None:
        self.programs: list[str] = []
        self.elsewhere: list[str] = []
        self.unread: list[str] = []
        self._content = hashlib.sha256()

    def reasons(self) -> tuple[str, ...]:
        """Returns everything that was found."""
        return tuple(dict.fromkeys((*self.programs, *self.elsewhere, *self.unread)))

    def digest(self) -> str:
        """Returns a text that changes with each file that was read, and with each reason."""
        whole = self._content.copy()
        whole.update(repr(self.reasons()).encode("utf-8", "surrogatepass"))
        return whole.hexdigest()

    def read(self, file: str) -> bytes:
        """Returns a file's content, which then counts for the digest; empty where it cannot be read."""
        try:
            content = untrusted.read(file)
        except UnreadableError as error:
            self.unread.append(f"{os.path.basename(file)}: {error}")
            content = b""
        self._content.update(b"%d %s\n" % (len(content), os.fsencode(os.path.basename(file))) + content)
        return content


def settings_and_hooks(git: str) -> Inspected:
    """Returns what a git directory's configuration and hooks lead to."""
    found = Inspected()
    for place in dict.fromkeys((git, repositories.common_directory(git))):
        for name in ("config", "config.worktree"):
            _judge(os.path.join(place, name), git, found)
        for hook in _hooks(os.path.join(place, "hooks"), found):
            found.read(hook)
            found.programs.append(f"hook {os.path.basename(hook)}")
    return found


def waiting(git: str) -> Iterator[tuple[str, Inspected]]:
    """Yields the folders of a rebase or cherry-picks that run programs when they continue, with reasons."""
    for folder, look in (("rebase-merge", _rebase), ("sequencer", _sequence)):
        found = Inspected()
        look(os.path.join(git, folder), found)
        if found.reasons():
            yield os.path.join(git, folder), found


def _rebase(folder: str, found: Inspected) -> None:
    if _EXEC.search(found.read(os.path.join(folder, "git-rebase-todo"))):
        found.programs.append("exec lines of a rebase")
    if not _known(found.read(os.path.join(folder, "strategy")).decode("utf-8", "replace")):
        found.programs.append(_STRATEGY)


def _sequence(folder: str, found: Inspected) -> None:
    for name, value in _pairs(os.path.join(folder, "opts"), found):
        if name == "options.strategy" and not _known(value):
            found.programs.append(_STRATEGY)


def _known(strategy: str) -> bool:
    return strategy.strip() in _STRATEGIES


def _judge(file: str, git: str, found: Inspected) -> None:
    for name, value in _pairs(file, found):
        if name == _WORK_TREE:
            if not _own_work_tree(git, value):
                found.elsewhere.append(f"{_WORK_TREE} {value}")
        elif not harmless.harmless(name, value):
            found.programs.append(name)


def _own_work_tree(git: str, value: str) -> bool:
    """Returns whether core.worktree is the folder whose `.git` leads here, as a submodule's is.

    In any other folder, git would take the files for its own, and overwrite them. Where there is none, as
    after a submodule was removed, git ends with an error.
    """
    work_tree = os.path.join(os.path.realpath(git), value)
    return not os.path.isdir(work_tree) or repositories.leads_to(os.path.realpath(work_tree), git)


def _pairs(file: str, found: Inspected) -> list[tuple[str, str]]:
    """Returns names and values of a file's settings; git itself parses them."""
    if not found.read(file):
        return []
    try:
        listed = host_config.listing(file, _GIT_SECONDS)
    except runner.TimedOutError as problem:
        found.unread.append(f"{os.path.basename(file)}: {problem}")
        return []
    except Problem:
        return []  # no git on the host, so none that could be led to a program
    if listed.code:
        found.unread.append(f"{os.path.basename(file)}: git cannot read it")
    return host_config.in_listing(listed)


def _hooks(folder: str, found: Inspected) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        # Git can still run a hook in a folder that nobody may list.
        found.unread.append(f"hooks: {error.strerror}")
        return []
    paths = [os.path.join(folder, name) for name in names if not name.endswith(".sample")]
    return [path for path in paths if os.access(path, os.X_OK) and os.path.isfile(path)]
