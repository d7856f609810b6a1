"""What of a git directory leads the host's git to programs, and is there so that it can be mounted read-only.

Something that is missing could be made by the agent. So it is made here first, in a form that git takes for
nothing: empty folders and files, and a `commondir` that leads to where it lies.
"""

from __future__ import annotations

import os

from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

# `worktrees` and `modules` hold git directories of their own, with a configuration each.
FOLDERS = ("hooks", "worktrees", "modules")
CONTENT = {"config": "", "config.worktree": "", "commondir": ".\n"}
PARTS = (*FOLDERS, *CONTENT)

# The same of a linked worktree's own part. Its other two files, `commondir` and `gitdir`, git has made.
LINKED_FOLDERS = ("modules",)
LINKED_CONTENT = {"config.worktree": ""}
LINKED_PARTS = (*LINKED_FOLDERS, *LINKED_CONTENT, "commondir")


def complete(git: str) -> None:
    """Make what a git directory lacks. Raises Problem where that cannot be, or cannot be protected."""
    _make(git, FOLDERS, CONTENT)


def complete_linked(git: str) -> None:
    """Do the same for a linked worktree's own part."""
    _make(git, LINKED_FOLDERS, LINKED_CONTENT)


def clear(git: str) -> None:
    """Take away what `complete` may have made: what is empty, and a `commondir` that leads nowhere else."""
    _clear(git, FOLDERS, CONTENT)


def clear_linked(git: str) -> None:
    """Do the same for a linked worktree's own part."""
    _clear(git, LINKED_FOLDERS, LINKED_CONTENT)


def _clear(git: str, folders: tuple[str, ...], content: dict[str, str]) -> None:
    for name, text in content.items():
        _remove_file(os.path.join(git, name), text)
    for name in folders:
        try:
            os.rmdir(os.path.join(git, name))
        except OSError:
            continue  # not empty, or not there


def require_real(path: str) -> None:
    """Raise Problem for a path that goes through a symbolic link.

    The engine follows links on the host, and what the agent can link must not decide what is mounted.
    """
    if os.path.realpath(path) != path:
        raise Problem(
            f"{path} is reached through a symbolic link, so it cannot be protected from the agent. Put a "
            "real file or folder in its place; a folder of hooks elsewhere can be named with: "
            "git config core.hooksPath"
        )


def _make(git: str, folders: tuple[str, ...], content: dict[str, str]) -> None:
    try:
        for name in folders:
            files.make_folders(os.path.join(git, name))
        for name, text in content.items():
            _make_file(os.path.join(git, name), text)
    except OSError as error:
        raise Problem(f"Git's directory {git} cannot be protected from the agent: {error}") from None
    for name in (*folders, *content):
        require_real(os.path.join(git, name))


def _make_file(path: str, text: str) -> None:
    if os.path.lexists(path):
        return
    # Whole at once: a git that runs now would stop at an empty commondir.
    draft = f"{path}.{os.getpid()}.new"
    with open(draft, "x", encoding="utf-8") as file:
        file.write(text)
    files.give(draft)
    os.rename(draft, path)


def _remove_file(path: str, content: str) -> None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            same = file.read(16) == content
        if same and not os.path.islink(path):
            os.remove(path)
    except OSError:
        return
