"""Repositories in the work tree that would make the host's git run something, which no mount can prevent.

Git obeys the configuration of every repository that it comes across: below the project's root, wherever its
user changes into, and as a submodule after an unsuspecting `git add`. The agent may make such a repository
anywhere. Most that it makes are harmless clones; only what names a program is told to a person.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from aidevcontainer.git import runner
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.printable import printable

# All that a plain `git clone`, `git init` or `git submodule` writes, and what else cannot name a program.
_HARMLESS = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|worktree"
    r"|autocrlf|eol|safecrlf|abbrev|quotepath|untrackedcache|preloadindex|splitindex|sparsecheckout(cone)?)"
    r"|remote\..*\.(url|pushurl|fetch|push|tagopt|prune|mirror|promisor|partialclonefilter)"
    r"|branch\..*\.(remote|merge|rebase|pushremote|description)|(branch|pull|push|fetch|advice|color|gc|index|pack)\.\w+"
    r"|user\.(name|email)|init\.defaultbranch|submodule\.active|submodule\..*\.(url|active|branch|path)"
    r"|extensions\.(objectformat|partialclone|worktreeconfig|refstorage|relativeworktrees)|lfs\.repositoryformatversion"
)
# `ext::` and other remote helpers are programs; a leading hyphen would be an option.
_PROGRAM_URL = re.compile(r"^-|::")
_EXEC = re.compile(rb"^\s*(?:x|exec)\s", re.MULTILINE)
# Any other is a program `git-merge-…`, and with a slash in it one of the work tree.
_STRATEGIES = {"", "ort", "recursive", "resolve", "octopus", "ours", "subtree"}
_SHOWN = 3


class Finding(NamedTuple):
    """`path` is relative to the project's root; `reasons` are settings and hooks that would run something.

    `digest` is another one as soon as any of that changes.
    """

    path: str
    reasons: tuple[str, ...]
    digest: str

    def known_as(self) -> str:
        """Return what tells this finding from all others, also from the same elsewhere."""
        return f"{self.digest} {self.path}"

    def sentence(self) -> str:
        """Return what was found, why it matters and what to do, in one line."""
        more = ", …" if len(self.reasons) > _SHOWN else ""
        what = ", ".join(self.reasons[:_SHOWN]) + more
        return (
            f"{printable(self.path)} would make your git run programs ({printable(what)}). If it is not "
            "yours, remove it before you use git there, and before you add or commit it."
        )


def find(root: str, with_root: bool = False) -> list[Finding]:
    """Return all such places below a project's root, sorted by path.

    `with_root` includes the root's own `.git`, for a project that was no repository at its container's start.
    Folders and files that cannot be read are passed over.
    """
    found: dict[str, Finding] = {}
    for path, folder in _repositories(root, with_root):
        reasons, digest = _inspect(folder)
        if reasons:
            found.setdefault(os.path.realpath(folder), Finding(os.path.relpath(path, root), reasons, digest))
    return sorted([*found.values(), *_waiting(root)])


def _repositories(root: str, with_root: bool) -> Iterator[tuple[str, str]]:
    """Yield pairs: what a person sees in the work tree, and the folder that git takes settings from."""
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
    # Where a file system does not tell case, git finds its folder under any spelling. `.GIT` is also walked
    # through, since elsewhere it is a folder like others.
    return [name for name in names if name.lower() == ".git"]


def _bare(folders: list[str], files: list[str]) -> bool:
    """Tell whether git takes a folder with these for one of its own."""
    known = {name.lower() for name in files}
    return "head" in known and ("commondir" in known or {"objects", "refs"} <= set(map(str.lower, folders)))


def _target(git: str) -> str:
    """Return the folder that a `.git` file leads to, or the folder itself."""
    text = _read(git).decode("utf-8", "surrogateescape") if os.path.isfile(git) else ""
    if not text.startswith("gitdir:"):
        return git
    return os.path.join(os.path.dirname(git), text[len("gitdir:") :].strip())


def _inspect(folder: str) -> tuple[tuple[str, ...], str]:
    """Return what would run something, and a digest that changes with it."""
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
    """Return the names of the settings in a file that may name a program."""
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


def _waiting(root: str) -> Iterator[Finding]:
    """Yield a rebase, or a row of cherry-picks, that waits to be continued and would then run programs."""
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
            yield Finding(path, (reason,), hashlib.sha256(_read(file)).hexdigest())


def _known(strategy: str) -> bool:
    return strategy.strip() in _STRATEGIES


def _read(file: str) -> bytes:
    try:
        # A pipe in a file's place would keep whoever opens it waiting for ever.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(1 << 20) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
