"""Finds what makes the host's git show other commits, files or changes than there are, or than it pushes.

Git reads all of it from files that it must be able to write inside: the index, packed references, `shallow`.
What can be protected is a read-only mount: see `directory`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from aidevcontainer.git import host_config, repositories, runner, untrusted, worktree_files
from aidevcontainer.git.plant import Plant, digest_of
from aidevcontainer.git.untrusted import UnreadableError
from aidevcontainer.util import programs
from aidevcontainer.util.errors import Problem

# As for `host_config`: another user's repository is read too. And no question starts a program.
_SAFE = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_SECONDS = 30

_OTHER_COMMITS = "makes your git show other commits than it pushes"
_OTHER_HISTORY = "makes your git show less history than it pushes"
_NOTES = "makes git log show text that is not part of the commits"
_HIDES = "hides changes in files from git status and git diff"
_UNANSWERED = "could hide changes from you, because git cannot read it"
_RESTORE = "If you did not do this, undo it before you read the diff: "


def find(root: str) -> Iterator[Plant]:
    """Yields what conceals something in a project, and in its submodules that are checked out."""
    git = repositories.git_directory(os.path.join(root, ".git"))
    if (
        not repositories.is_git_directory(git)
        or programs.find("git", os.environ.get("PATH", os.defpath)) is None
    ):
        return
    yield from _in(root, root)
    for module in worktree_files.modules(git):
        checkout = worktree_files.checkout(module, root)
        if checkout:
            yield from _in(root, checkout)


def _in(root: str, work_tree: str) -> Iterator[Plant]:
    place = "" if work_tree == root else f"{os.path.relpath(work_tree, root)}: "
    git = _Asked(work_tree)
    for look in (_references, _shallow, _flags):
        try:
            yield from look(place, work_tree, git)
        except Problem as problem:
            yield _plant(place, ".git", [str(problem)], _UNANSWERED, "git status")


class _Asked:
    """Git in one work tree."""

    def __init__(self, work_tree: str) -> None:
        self._git = runner.Git(Path(work_tree), timeout=_SECONDS)
        self._place = ("--git-dir", os.path.join(work_tree, ".git"))

    def lines(self, end: str, *question: str) -> list[str]:
        """Returns git's answer, taken apart at `end`. Raises Problem."""
        answer = self._git.check(f"answer {question[0]}", *_SAFE, *self._place, *question)
        return [each for each in os.fsdecode(answer).split(end) if each]


def _references(place: str, _: str, git: _Asked) -> Iterator[Plant]:
    for prefix, effect, undo in (
        ("refs/replace", _OTHER_COMMITS, "git replace --delete $(git replace)"),
        ("refs/notes", _NOTES, "git notes remove, or git update-ref -d REFERENCE"),
    ):
        found = git.lines("\n", "for-each-ref", "--format=%(refname) %(objectname)", prefix)
        if found:
            yield _plant(place, prefix, [each.partition(" ")[0] for each in found], effect, undo, *found)


def _shallow(place: str, work_tree: str, _: _Asked) -> Iterator[Plant]:
    common = repositories.common_directory(repositories.git_directory(os.path.join(work_tree, ".git")))
    try:
        commits = untrusted.read(os.path.join(common, "shallow")).decode("ascii", "replace").split()
    except UnreadableError as error:
        commits = [str(error)]
    if commits:
        yield _plant(place, ".git/shallow", commits, _OTHER_HISTORY, "git fetch --unshallow")


def _flags(place: str, work_tree: str, git: _Asked) -> Iterator[Plant]:
    assumed: list[str] = []
    skipped: list[str] = []
    sparse = host_config.value(work_tree, "--type=bool", "core.sparseCheckout") == "true"
    for tag, name in (each.split(" ", 1) for each in git.lines("\0", "ls-files", "-v", "-z")):
        if tag.islower():
            assumed.append(name)
        # In a sparse checkout, all files that are not there have this flag.
        if tag in "Ss" and (not sparse or os.path.lexists(os.path.join(work_tree, name))):
            skipped.append(name)
    for names, option in ((assumed, "--no-assume-unchanged"), (skipped, "--no-skip-worktree")):
        if names:
            yield _plant(place, ".git/index", names, _HIDES, f"git update-index {option} FILE")


def _plant(place: str, path: str, reasons: list[str], effect: str, undo: str, *content: str) -> Plant:
    digest = digest_of(repr((effect, undo, content or reasons)))
    return Plant(f"{place}{path}", tuple(reasons), digest, effect, f"{_RESTORE}{undo}")
