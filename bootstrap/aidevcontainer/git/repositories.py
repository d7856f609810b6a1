"""Decides what is a repository, as git does when it looks for one (its `setup.c`)."""

from __future__ import annotations

import os
import re

from aidevcontainer.git import untrusted
from aidevcontainer.git.untrusted import UnreadableError

_HEAD = re.compile(rb"ref:\s*refs/|[0-9a-fA-F]{40}")
_LINK = b"gitdir: "


def git_directory(link: str) -> str:
    """Returns the path that a `.git` leads git to: its own, or the one in the file; empty for another file.

    Raises UnreadableError.
    """
    if not os.path.isfile(link):
        return link
    text = untrusted.read(link)
    return os.path.join(os.path.dirname(link), _path(text[len(_LINK) :])) if text.startswith(_LINK) else ""


def common_directory(git: str) -> str:
    """Returns the directory with configuration, hooks, objects and refs of a git directory, often itself.

    Raises UnreadableError.
    """
    return os.path.join(git, _path(untrusted.read(os.path.join(git, "commondir"))))


def is_git_directory(folder: str) -> bool:
    """Returns whether git would use a folder as a git directory. Raises UnreadableError."""
    if not _is_head(_spelled(folder, "HEAD")):
        return False
    common = common_directory(folder)
    return all(os.path.exists(_spelled(common, name)) for name in ("objects", "refs"))


def could_be_bare(folders: list[str], others: list[str]) -> bool:
    """Returns whether a folder with these names may be a git directory: a fast check before the exact one."""
    names = {name.lower() for name in (*folders, *others)}
    return "head" in names and ("commondir" in names or {"objects", "refs"} <= names)


def leads_to(work_tree: str, git: str) -> bool:
    """Returns whether a work tree's own `.git` leads to this git directory. Raises UnreadableError."""
    found = git_directory(os.path.join(work_tree, ".git"))
    return bool(found) and os.path.realpath(found) == os.path.realpath(git)


def _path(content: bytes) -> str:
    # Git takes blanks for part of the name, and ends the text at a zero byte.
    return os.fsdecode(content.rstrip(b"\r\n").partition(b"\0")[0])


def _is_head(file: str) -> bool:
    if os.path.islink(file):
        return os.readlink(file).startswith("refs/")
    try:
        # Git reads no more of it either.
        return bool(_HEAD.match(untrusted.read(file)[:256]))
    except UnreadableError:
        return True


def _spelled(folder: str, name: str) -> str:
    """Returns the path of a name in a folder, also where another spelling of it is there.

    The file system that the repository lands on next may not distinguish upper and lower case.
    """
    path = os.path.join(folder, name)
    if os.path.lexists(path):
        return path
    try:
        found = [each for each in os.listdir(folder) if each.lower() == name.lower()]
    except OSError:
        return path
    return os.path.join(folder, *found[:1]) if found else path
