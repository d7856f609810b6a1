"""Finds repositories in the work tree that would make the host's git run a program. No mount prevents them.

Git obeys the configuration of each repository that it meets: below the project's root, in a folder that its
user changes into, and as a submodule after a hasty `git add`. The agent can create such a repository
anywhere. Most of its repositories are harmless clones; a person hears only of those that name a program.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from aidevcontainer.git import late_files, runner
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.printable import printable

# Settings that `git clone`, `git init` and `git submodule` write, and others that cannot name a program.
_HARMLESS = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|worktree"
    r"|autocrlf|eol|safecrlf|abbrev|quotepath|untrackedcache|preloadindex|splitindex|sparsecheckout(cone)?)"
    r"|remote\..*\.(url|pushurl|fetch|push|tagopt|prune|mirror|promisor|partialclonefilter)"
    r"|branch\..*\.(remote|merge|rebase|pushremote|description)|(branch|pull|push|fetch|advice|color|gc|index|pack)\.\w+"
    r"|user\.(name|email)|init\.defaultbranch|submodule\.active|submodule\..*\.(url|active|branch|path)"
    r"|extensions\.(objectformat|partialclone|worktreeconfig|refstorage|relativeworktrees)|lfs\.repositoryformatversion"
)
# `ext::` and other remote helpers are programs; a leading hyphen is an option.
_PROGRAM_URL = re.compile(r"^-|::")
_EXEC = re.compile(rb"^\s*(?:x|exec)\s", re.MULTILINE)
# Any other is a program `git-merge-…`, with a slash one in the work tree.
_STRATEGIES = {"", "ort", "recursive", "resolve", "octopus", "ours", "subtree"}
_SHOWN = 3


class PlantedFile(NamedTuple):
    """A repository or file that would run a program. `path` is relative to the project's root.

    `reasons` are the settings and hooks that name programs. `digest` changes with each of them.
    """

    path: str
    reasons: tuple[str, ...]
    digest: str

    def known_as(self) -> str:
        """Returns an identity that differs for other content and for another path."""
        return f"{self.digest} {self.path}"

    def sentence(self) -> str:
        """Returns the finding, why it matters and what to do, in one line."""
        more = ", …" if len(self.reasons) > _SHOWN else ""
        what = ", ".join(self.reasons[:_SHOWN]) + more
        return (
            f"{printable(self.path)} would make your git run programs ({printable(what)}). If you did not "
            "create it, remove it before you use git there, and before you add or commit it."
        )


def find(root: str, with_root: bool = False) -> list[PlantedFile]:
    """Returns all of them below a project's root, sorted by path.

    `with_root` includes the root's own `.git`, for a project that was not a repository when its container
    started. Skips folders and files that cannot be read.
    """
    found: dict[str, PlantedFile] = {}
    for path, folder in _repositories(root, with_root):
        reasons, digest = _inspect(folder)
        if reasons:
            found.setdefault(
                os.path.realpath(folder), PlantedFile(os.path.relpath(path, root), reasons, digest)
            )
    return sorted([*found.values(), *_waiting(root), *_late(root)])


def _repositories(root: str, with_root: bool) -> Iterator[tuple[str, str]]:
    """Yields pairs: the path in the work tree, and the folder that git reads settings from."""
    for folder, folders, files in os.walk(root):
        if folder == root and ".aidevcontainer" in folders:
            folders.remove(".aidevcontainer")
        for name in _gits([*folders, *files]):
            if folder != root or with_root or name != ".git":
                git = os.path.join(folder, name)
                yield git, _target(git)
        if ".git" in folders:
            folders.remove(".git")
        if _bare(folders, files):
            yield folder, folder


def _gits(names: list[str]) -> list[str]:
    # A file system may ignore case, and then git finds its folder under any spelling. `.GIT` is searched as
    # well, since elsewhere it is an ordinary folder.
    return [name for name in names if name.lower() == ".git"]


def _bare(folders: list[str], files: list[str]) -> bool:
    """Returns whether git would use a folder with this content as a git directory."""
    known = {name.lower() for name in files}
    return "head" in known and ("commondir" in known or {"objects", "refs"} <= set(map(str.lower, folders)))


def _target(git: str) -> str:
    """Returns the folder that a `.git` file points to, or the folder itself."""
    text = _read(git).decode("utf-8", "surrogateescape") if os.path.isfile(git) else ""
    if not text.startswith("gitdir:"):
        return git
    return os.path.join(os.path.dirname(git), text[len("gitdir:") :].strip())


def _inspect(folder: str) -> tuple[tuple[str, ...], str]:
    """Returns the settings and hooks that would run a program, and a digest that changes with them."""
    places = [folder]
    common = _read(os.path.join(folder, "commondir")).decode("utf-8", "surrogateescape").strip()
    if common:
        places.append(os.path.join(folder, common))
    reasons: list[str] = []
    digest = hashlib.sha256()
    for place in places:
        for name in ("config", "config.worktree"):
            file = os.path.join(place, name)
            digest.update(_read(file))
            reasons += _settings(file)
        for hook in _hooks(os.path.join(place, "hooks")):
            digest.update(_read(hook))
            reasons.append(f"hook {os.path.basename(hook)}")
    return tuple(dict.fromkeys(reasons)), digest.hexdigest()


def _settings(file: str) -> list[str]:
    """Returns the names of the settings in a file that may name a program."""
    return [name for name, value in _pairs(file) if not _harmless(name, value)]


def _pairs(file: str) -> list[tuple[str, str]]:
    """Returns names and values of a file's settings; git itself parses them."""
    if not os.path.isfile(file):
        return []
    # Without includes, git reads this one file and nothing else.
    question = ("config", "--file", os.path.abspath(file), "--no-includes", "--null", "--list")
    try:
        listed = runner.unconfigured().run(*question).out.decode("utf-8", "replace")
    except Problem:
        return []  # no git on the host, so none that could be led to a program
    return [(name, value) for name, _, value in (each.partition("\n") for each in listed.split("\0") if each)]


def _harmless(name: str, value: str) -> bool:
    if _HARMLESS.fullmatch(name) is None:
        return False
    return not (name.endswith("url") and _PROGRAM_URL.search(value))


def _hooks(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    paths = [os.path.join(folder, name) for name in names if not name.endswith(".sample")]
    return [path for path in paths if os.access(path, os.X_OK) and os.path.isfile(path)]


def _late(root: str) -> Iterator[PlantedFile]:
    """Yields files that hooks read and that came after the container's start."""
    for path in late_files.find(root):
        digest = hashlib.sha256(_read(path)).hexdigest()
        yield PlantedFile(os.path.relpath(path, root), ("your hooks or settings read it",), digest)


def _waiting(root: str) -> Iterator[PlantedFile]:
    """Yields an unfinished rebase or series of cherry-picks that would run programs when it continues."""
    folder = _target(os.path.join(root, ".git"))
    plan = os.path.join(folder, "rebase-merge", "git-rebase-todo")
    strategy = os.path.join(folder, "rebase-merge", "strategy")
    options = os.path.join(folder, "sequencer", "opts")
    chosen = [value for name, value in _pairs(options) if name == "options.strategy"]
    for file, reason, runs in (
        (plan, "exec lines of a rebase", bool(_EXEC.search(_read(plan)))),
        (
            strategy,
            "a strategy that is not git's own",
            not _known(_read(strategy).decode("utf-8", "replace")),
        ),
        (options, "a strategy that is not git's own", not all(map(_known, chosen))),
    ):
        if runs:
            path = os.path.relpath(os.path.dirname(file), root)
            yield PlantedFile(path, (reason,), hashlib.sha256(_read(file)).hexdigest())


def _known(strategy: str) -> bool:
    return strategy.strip() in _STRATEGIES


def _read(file: str) -> bytes:
    try:
        # Opening a pipe would wait forever.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(1 << 20) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
