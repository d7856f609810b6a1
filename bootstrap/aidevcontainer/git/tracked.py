"""The files that a commit or the index can bring back, told apart from what only the working tree has.

Compares the files itself: `git diff` overlooks edits of files with the index's flags `assume-unchanged` and
`skip-worktree`.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.git import repository_owner
from aidevcontainer.git.runner import Git

_LINK, _SUBMODULE = "120000", "160000"
_SHA256_DIGITS = 64


class TrackedFile(NamedTuple):
    """A file as git has it. `name` is relative to the project, `id` is empty for one with a conflict."""

    name: str
    mode: str
    id: str

    def differs_from(self, path: Path) -> bool:
        """Returns whether there is a file at `path` that git could not bring back. Raises OSError."""
        if not os.path.lexists(path):
            return False
        if path.is_symlink():
            return self.mode != _LINK or not self._is(os.fsencode(os.readlink(path)))
        if not path.is_file() or self.mode in (_LINK, _SUBMODULE):
            return True
        content = path.read_bytes()
        # Git may write other line endings into the working tree.
        return not (self._is(content) or self._is(content.replace(b"\r\n", b"\n")))

    def _is(self, content: bytes) -> bool:
        digest = hashlib.new("sha256" if len(self.id) == _SHA256_DIGITS else "sha1", usedforsecurity=False)
        digest.update(b"blob %d\0" % len(content) + content)
        return digest.hexdigest() == self.id


class Tracked(NamedTuple):
    """What git knows below a folder: `files` of the commit, and of the index where no commit has them.

    `committed`: the names of the commit's files. `others` and `ignored` are in neither.
    """

    files: list[TrackedFile]
    committed: frozenset[str]
    others: list[str]
    ignored: list[str]


NOTHING = Tracked([], frozenset(), [], [])


def read(root: Path, folder: str) -> Tracked:
    """Asks the repository around `root`. Raises Problem where there is one and its git does not answer."""
    if not repository_owner.within_repository(root):
        return NOTHING
    git = _questioner(root)
    committed = _commit(git, folder)
    names = frozenset(file.name for file in committed)
    index = [file for file in _index(git, folder) if file.name not in names]
    others = ("ls-files", "--others", "-z", "--exclude-standard")
    return Tracked(
        files=committed + index,
        committed=names,
        others=git.names("list new files", *others, "--", folder),
        ignored=git.names("list ignored files", *others, "--ignored", "--", folder),
    )


def _questioner(root: Path) -> Git:
    """Returns a git that answers root too where its owner's cannot: no question runs a program."""
    git = Git(root, {"safe.directory": "*", "core.fsmonitor": "false"})
    # A partial clone would fetch what it does not have.
    git.environment.update(GIT_ALLOW_PROTOCOL="none", GIT_NO_LAZY_FETCH="1")
    return git


def _commit(git: Git, folder: str) -> list[TrackedFile]:
    done = git.run("rev-parse", "--verify", "--quiet", "HEAD")
    if done.code == 1:
        return []  # no commit yet
    lines = git.names("list the files of the last commit", "ls-tree", "-r", "-z", "HEAD", "--", folder)
    return [_committed(line) for line in lines]


def _committed(line: str) -> TrackedFile:
    state, _, name = line.partition("\t")
    mode, _, identity = state.split()
    return TrackedFile(name, mode, identity)


def _index(git: Git, folder: str) -> list[TrackedFile]:
    lines = git.names("list the files of the index", "ls-files", "--stage", "-z", "--", folder)
    return list({file.name: file for file in map(_staged, lines)}.values())


def _staged(line: str) -> TrackedFile:
    state, _, name = line.partition("\t")
    mode, identity, stage = state.split()
    return TrackedFile(name, mode, identity if stage == "0" else "")
