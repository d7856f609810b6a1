"""Finds what makes the host's git show other commits, files or changes than there are, or than it pushes.

Git reads all of it from files that it must be able to write inside: the index, packed references, `shallow`.
What can be protected is a read-only mount: see `directory`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.git import host_config, repositories, unshown, untrusted, worktree_files
from aidevcontainer.git.asked import Asked
from aidevcontainer.git.plant import Plant, digest_of
from aidevcontainer.git.untrusted import UnreadableError
from aidevcontainer.util import programs
from aidevcontainer.util.errors import Problem

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
    git = Asked(work_tree)
    for look in (_references, _shallow, _index):
        try:
            yield from look(place, work_tree, git)
        except Problem as problem:
            yield _plant(place, ".git", [str(problem)], _UNANSWERED, "git status")


def _references(place: str, _: str, git: Asked) -> Iterator[Plant]:
    for prefix, effect, undo in (
        ("refs/replace", _OTHER_COMMITS, "git replace --delete $(git replace)"),
        ("refs/notes", _NOTES, "git notes remove, or git update-ref -d REFERENCE"),
    ):
        found = git.lines("\n", "for-each-ref", "--format=%(refname) %(objectname)", prefix)
        if found:
            yield _plant(place, prefix, [each.partition(" ")[0] for each in found], effect, undo, *found)


def _shallow(place: str, work_tree: str, _: Asked) -> Iterator[Plant]:
    common = repositories.common_directory(repositories.git_directory(os.path.join(work_tree, ".git")))
    try:
        commits = untrusted.read(os.path.join(common, "shallow")).decode("ascii", "replace").split()
    except UnreadableError as error:
        commits = [str(error)]
    if commits:
        yield _plant(place, ".git/shallow", commits, _OTHER_HISTORY, "git fetch --unshallow")


def _index(place: str, work_tree: str, git: Asked) -> Iterator[Plant]:
    assumed, skipped = _flagged(work_tree, git)
    # Times of the index that do not fit the content: there is no command that resets only those.
    forged = [name for name in unshown.find(work_tree, git) if name not in {*assumed, *skipped}]
    for names, undo in (
        (assumed, "git update-index --no-assume-unchanged FILE"),
        (skipped, "git update-index --no-skip-worktree FILE"),
        (forged, 'rm "$(git rev-parse --git-path index)" && git reset'),
    ):
        if names:
            yield _plant(place, ".git/index", names, _HIDES, undo)


def _flagged(work_tree: str, git: Asked) -> tuple[list[str], list[str]]:
    """Returns the files with the flag assume-unchanged, and with skip-worktree."""
    found = [each.split(" ", 1) for each in git.lines("\0", "ls-files", "-v", "-z")]
    sparse = host_config.value(work_tree, "--type=bool", "core.sparseCheckout") == "true"
    assumed = [name for tag, name in found if tag.islower()]
    skipped = [name for tag, name in found if tag in "Ss"]
    # In a sparse checkout, all files that are not there have this flag.
    there = [name for name in skipped if not sparse or os.path.lexists(os.path.join(work_tree, name))]
    return assumed, there


def _plant(place: str, path: str, reasons: list[str], effect: str, undo: str, *content: str) -> Plant:
    digest = digest_of(repr((effect, undo, content or reasons)))
    return Plant(f"{place}{path}", tuple(reasons), digest, effect, f"{_RESTORE}{undo}")
