"""Whether a project can be updated, and the way out where it cannot."""

from __future__ import annotations

import os
import re
from pathlib import Path

from aidevcontainer.git import ignored
from aidevcontainer.git.runner import Git
from aidevcontainer.project import record
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.project.record import Record
from aidevcontainer.updates import file_changes
from aidevcontainer.util import conflict_markers
from aidevcontainer.util.errors import Problem

_REMOTE = re.compile(r"^(gh:|gl:|git@|git\+|[a-z][a-z0-9+.-]*://|[^/]+@[^/]+:)")
# The most names in one sentence.
_MOST_NAMES = 5


def require_same_source(root: Path, found: Record) -> None:
    """Raises Problem where the address is not the one that the template wrote into its own folder.

    The agent can write the answers file but not the folder, and the template's code runs on the host.
    """
    confirmed = record.project(str(root)).get("template")
    if confirmed and confirmed != found.source:
        raise Problem(
            f"{found.file} says that the template is at {found.source}, but the project was made from "
            f"{confirmed}. Code from another address could take over this machine. If you changed the "
            f"address: ./.aidevcontainer/update --source '{found.source}'. If you did not: git checkout "
            f"HEAD~ -- {found.file}, and look for the change in git log"
        )


def require_updatable(root: Path, found: Record) -> list[str]:
    """Returns the template's files that git tracks, relative to the root. Raises Problem with the way out."""
    git = Git(root)
    _require_repository(git)
    _require_not_ignored(git)
    _require_clean(git, found.file)
    _require_source(root, found)
    tracked = git.names("list the files it tracks", "ls-files", "-z", "--", FOLDER, found.file)
    _require_complete(root, tracked, found.file)
    return tracked


def _require_repository(git: Git) -> None:
    if git.ask("rev-parse", "--show-toplevel") is None:
        if (git.folder / ".git").exists():
            # Git refuses an existing repository for a reason of its own, such as its owner.
            git.check("look into this repository", "rev-parse", "--show-toplevel")
        raise Problem(
            f"{git.folder} is not in a git repository, and an update merges with git. Make it one: "
            "git init && git add --all && git commit -m Start"
        )
    if git.ask("rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise Problem(
            "This repository has no commit yet, so an update could not be told from your own work. Make "
            "one: git add --all && git commit -m Start"
        )


def _require_not_ignored(git: Git) -> None:
    names = ignored.files(git)
    if names:
        raise Problem(ignored_sentence(names))


def ignored_sentence(names: list[str]) -> str:
    """Returns why git must not ignore files of the template, and the way out."""
    return (
        f"Git ignores {ignored.more(names)}, so an update would count that as deleted and could not merge it "
        f"with your changes. To see the rule: git check-ignore -v {names[0]}\n{ignored.HELP}"
    )


def _require_clean(git: Git, answers_file: str) -> None:
    # New files within a submodule can neither be committed nor put aside here.
    flags = ("--porcelain", "-z", "--untracked-files=all", "--ignore-submodules=dirty")
    status = git.names("look for changes", "status", *flags)
    if not status:
        return
    if any(line[:2] in ("UU", "AA", "DU", "UD", "DD", "AU", "UA") for line in status):
        raise Problem(
            f"A merge is not finished here: {_names(status)}. Resolve these files, git add them and commit; "
            f"or {_way_back(git, answers_file)}"
        )
    if any(line.endswith(".rej") for line in status):
        raise Problem(
            f"An earlier update left changes that it could not merge: {_names(status)}. Add the lines of the "
            ".rej files by hand, delete these files, and commit."
        )
    raise Problem(
        f"Some work is not committed: {_names(status)}. An update merges into your files, and must be told "
        "from your own changes. Commit it: git add --all && git commit\n"
        "Or put it aside, and bring it back later with git stash pop: git stash --include-untracked"
    )


def _way_back(git: Git, answers_file: str) -> str:
    if git.ask("rev-parse", "-q", "--verify", "MERGE_HEAD") is not None:
        return "give that merge up: git merge --abort"
    # Only the index knows of an update's own conflicts, so git has nothing to abort.
    return (
        "give an update up: git restore --source=HEAD --staged --worktree "
        f"{FOLDER} {answers_file}\nFor a rebase and the like, git status names the way back."
    )


def _names(status: list[str]) -> str:
    # The old name of a rename follows as a field of its own, without a state in front.
    names = [line[3:] for line in status if line[2:3] == " "]
    return ", ".join(names[:_MOST_NAMES]) + _more(len(names) - _MOST_NAMES)


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _require_source(root: Path, found: Record) -> None:
    if _REMOTE.match(found.source):
        return
    if (root / Path(found.source).expanduser()).exists():
        return
    relative = not found.source.startswith(("/", "~"))
    raise Problem(
        f"There is no template at the recorded address, {found.source}"
        f"{' (relative to this project)' if relative else ''}. Give an address that everybody on the "
        "project can reach: ./.aidevcontainer/update --source ADDRESS"
    )


def _require_complete(root: Path, tracked: list[str], answers_file: str) -> None:
    if answers_file not in tracked:
        raise Problem(
            f"Git does not track {answers_file}, and your teammates need it as well. Add it: git add --force "
            f"{answers_file} && git commit -m 'Keep the answers'"
        )
    gone = [name for name in tracked if not os.path.lexists(root / name)]
    if gone:
        raise Problem(
            f"{gone[0]}{_more(len(gone) - 1)} is in git but not in your working tree. Check it out (git "
            "sparse-checkout disable), and run the update again."
        )
    for name in tracked:
        file = file_changes.read(root / name)
        if file and conflict_markers.there(file.content):
            raise Problem(
                f"{name} still has the conflict markers of an earlier merge (<<<<<<<). Keep the lines that "
                f"you want, delete the markers, and commit: git commit -m Resolve {name}"
            )
