"""The parts of a git directory that can lead the host's git to programs, and that are mounted read-only.

The agent could create a missing part. So this module creates it first, in a form that has no effect on git:
an empty folder or file, or a `commondir` that points to its own directory.
"""

from __future__ import annotations

import os

from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

# `worktrees` and `modules` contain further git directories, each with a configuration. With the others, git
# shows other commits, changes and files than it pushes: `info/grafts`, `objects/info/commit-graph`, ….
FOLDERS = ("hooks", "worktrees", "modules", "info", "objects/info", "refs/replace")
# Otherwise the agent could rename these, with what they contain.
PINNED = ("objects", "refs")
CONTENT = {"config": "", "config.worktree": "", "commondir": "./.\n"}
# To git all three mean the same. libgit2 rejects a repository with the first, and GitPython misses branches
# with the second. Earlier versions wrote the first.
HERE = (".", "./", "./.")
PARTS = (*FOLDERS, *CONTENT)

# The same for a linked worktree's own part. Git itself creates its `commondir` and `gitdir`.
LINKED_FOLDERS = ("modules", "info")
LINKED_CONTENT = {"config.worktree": ""}
LINKED_PARTS = (*LINKED_FOLDERS, *LINKED_CONTENT, "commondir")


def complete(git: str) -> None:
    """Creates the missing parts of a git directory. Raises Problem for one that cannot be protected."""
    _make(git, FOLDERS, CONTENT)
    commondir = os.path.join(git, "commondir")
    if _text(commondir).rstrip("\n") in HERE and _text(commondir) != CONTENT["commondir"]:
        files.write(commondir, CONTENT["commondir"])


def complete_linked(git: str) -> None:
    """Creates the missing parts of a linked worktree's own directory. Raises Problem as `complete` does."""
    _make(git, LINKED_FOLDERS, LINKED_CONTENT)


def clear(git: str) -> None:
    """Removes what `complete` may have created: empty parts, and a `commondir` that points to itself."""
    # Every git makes `objects/info`.
    _clear(git, tuple(name for name in FOLDERS if name != "objects/info"), CONTENT)


def clear_linked(git: str) -> None:
    """Removes what `complete_linked` may have created."""
    _clear(git, LINKED_FOLDERS, LINKED_CONTENT)


def _clear(git: str, folders: tuple[str, ...], content: dict[str, str]) -> None:
    for name, text in content.items():
        _remove_file(os.path.join(git, name), text)
    for name in folders:
        try:
            os.rmdir(os.path.join(git, name))
        except OSError:
            continue  # not empty, or missing


def require_real(path: str) -> None:
    """Raises Problem for a path that goes through a symbolic link.

    The engine follows links on the host, and a link that the agent can write must not decide what is mounted.
    """
    if os.path.realpath(path) != path:
        raise Problem(
            f"{path} goes through a symbolic link, so it cannot be protected from the agent. Replace "
            "the link with a real file or folder. For a folder of hooks elsewhere, use: "
            "git config core.hooksPath"
        )


def make_folder(path: str) -> None:
    """Makes a folder that is missing. Raises Problem."""
    try:
        files.make_folders(path)
    except OSError as error:
        raise _unprotected(path, error) from None


def make_file(path: str) -> None:
    """Makes an empty file where there is none, and the folders above it. Raises Problem."""
    try:
        files.make_folders(os.path.dirname(path))
        _make_file(path, "")
    except OSError as error:
        raise _unprotected(path, error) from None


def remove_empty(path: str, root: str) -> None:
    """Removes a file without content, and the folders between it and `root` that are empty then."""
    if not os.path.isfile(path) or os.path.getsize(path):
        return
    _remove_file(path, "")
    while (path := os.path.dirname(path)).startswith(root.rstrip("/") + "/"):
        try:
            os.rmdir(path)
        except OSError:
            return  # not empty


def _unprotected(path: str, error: OSError) -> Problem:
    return Problem(f"{path} cannot be protected from the agent: {error}. Look at it: ls -ld '{path}'")


def _make(git: str, folders: tuple[str, ...], content: dict[str, str]) -> None:
    try:
        for name in folders:
            files.make_folders(os.path.join(git, name))
        for name, text in content.items():
            _make_file(os.path.join(git, name), text)
    except OSError as error:
        raise Problem(
            f"Git's directory {git} cannot be protected from the agent: {error}. "
            f"Look at its files: ls -la '{git}'"
        ) from None
    for name in (*folders, *content):
        require_real(os.path.join(git, name))


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read(16)


def _make_file(path: str, text: str) -> None:
    if os.path.lexists(path):
        return
    # In one step: a git that runs at this moment would fail at an empty commondir.
    draft = f"{path}.{os.getpid()}.new"
    with open(draft, "x", encoding="utf-8") as file:
        file.write(text)
    files.give(draft)
    os.rename(draft, path)


def _remove_file(path: str, content: str) -> None:
    try:
        found = _text(path)
        ours = found == content or (content == CONTENT["commondir"] and found.rstrip("\n") in HERE)
        if ours and not os.path.islink(path):
            os.remove(path)
    except OSError:
        return
