"""Settings of git on the host that decide what the container gets."""

from __future__ import annotations

import os
from pathlib import Path

from aidevcontainer.git import runner
from aidevcontainer.git.runner import GitResult
from aidevcontainer.util.errors import Problem


def value(root: str, *setting: str) -> str:
    """Returns a setting that applies in the directory at `root`, also one of the user's own; else empty.

    `setting` is its name, with options of `git config` in front of it.
    """
    return _output(root, *trusted(root), "config", *setting)


def hooks_path(root: str) -> str:
    """Returns core.hooksPath as git expands it, or empty."""
    return value(root, "--type=path", "--get", "core.hooksPath")


def work_tree(git: str) -> str:
    """Returns the work tree that a git directory's own configuration names, as an absolute path, or empty."""
    # In no repository: git ends at a broken one, though this question is about a file.
    found = _output("/", "config", "--file", os.path.join(git, "config"), "--get", "core.worktree")
    return os.path.normpath(os.path.join(git, found)) if found else ""


def pairs(file: str) -> list[tuple[str, str]]:
    """Returns names and values of the settings in one file, without those of the files that it includes."""
    if not os.path.isfile(file):
        return []
    try:
        return in_listing(listing(file))
    except Problem:
        return []  # no git on the host, so none that could be led to a program


def listing(file: str, timeout: float | None = None) -> GitResult:
    """Asks git for the settings in one file. `timeout` is in seconds. Raises Problem, and TimedOutError."""
    # Without includes, git reads this one file and nothing else.
    question = ("config", "--file", os.path.abspath(file), "--no-includes", "--null", "--list")
    return runner.unconfigured(timeout=timeout).run(*question)


def in_listing(listed: GitResult) -> list[tuple[str, str]]:
    """Returns names and values that `listing` found."""
    settings = (each.partition("\n") for each in os.fsdecode(listed.out).split("\0") if each)
    return [(name, value) for name, _, value in settings]


def tracked(root: str, path: str) -> bool:
    """Returns whether a file is in the index of the work tree at `root`; the work tree is not read."""
    return bool(_output(root, *trusted(root), "ls-files", "--cached", "--", path))


def present(root: str, patterns: list[str]) -> list[str]:
    """Returns the names of files in a work tree that match, known to git or not, but no ignored ones."""
    # Git would ask the monitor, which is a program.
    options = (*trusted(root), "-c", "core.fsmonitor=false")
    listed = _output(root, *options, "ls-files", "-z", "-co", "--exclude-standard", "--", *patterns)
    return [name for name in dict.fromkeys(listed.split("\0")) if os.path.isfile(os.path.join(root, name))]


def ignored(root: str, paths: list[str]) -> set[str]:
    """Returns those of some paths in a work tree that git ignores."""
    names = b"\0".join(map(os.fsencode, paths))
    try:
        listed = runner.Git(Path(root)).run(*trusted(root), "check-ignore", "--stdin", "-z", input=names).text
    except Problem:
        return set()  # no git on the host, so no hooks either
    return set(listed.split("\0"))


def trusted(root: str) -> tuple[str, ...]:
    """Returns the options with which git reads the configuration of another user's directory.

    As root, git would say nothing there, and the agent could write what the owner's git obeys. Git before
    2.38 does not respect this safe.directory, but it reads a git directory that is named. No program runs.
    """
    place = os.path.join(root, ".git")
    return ("-c", "safe.directory=*", *(("--git-dir", place) if os.path.exists(place) else ()))


def _output(place: str, *question: str) -> str:
    try:
        return runner.output(Path(place), *question)
    except Problem:
        return ""  # no git on the host, so none that could be led to a program
