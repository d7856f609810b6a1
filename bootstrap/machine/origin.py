"""Where this clone comes from: what projects record, so that `copier update` finds the template again."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from bootstrap.problem import Problem

CLONE = Path(__file__).resolve().parents[2]


class Origin(NamedTuple):
    """The template's address as it is recorded, its commit, that commit's name, and whether others reach it.

    `environment` lets git find the address in the clone itself, so that no network is needed.
    """

    address: str
    commit: str
    version: str
    shared: bool
    environment: dict[str, str]


def of_clone(clone: Path = CLONE) -> Origin:
    """Describe *clone*, by its published address if it has one: a path means nothing to other users.

    Raises Problem where it is no git repository with a commit.
    """
    commit = _git(clone, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        raise Problem(
            f"{clone} is not a git clone of this project, and projects are updated from its commits. "
            "Get it with git clone, and run this from there."
        )
    version = _git(clone, "describe", "--tags", "--always", commit)
    remote = _public(_git(clone, "config", "--get", "remote.origin.url"))
    published = bool(remote and _git(clone, "branch", "--remotes", "--contains", commit))
    address = remote if published else str(clone)
    return Origin(address, commit, version, published, _redirection(clone, address, published))


def is_dirty(clone: Path = CLONE) -> bool:
    """Return whether *clone* has changes that are not committed, and so will not be scaffolded."""
    return bool(_git(clone, "status", "--porcelain", "--untracked-files=no"))


def _public(remote: str) -> str:
    if re.match(r"(https?|ssh)://", remote):
        # A password in the clone's own configuration does not belong into a file that is committed.
        return re.sub(r"^(https?://)[^/@]*@", r"\1", remote)
    return remote if re.match(r"[\w.-]+@[\w.-]+:", remote) else ""


def _redirection(clone: Path, address: str, published: bool) -> dict[str, str]:
    # The clone may belong to another user than the one who runs this, as when root does.
    pairs = [("safe.directory", str(clone)), ("safe.directory", f"{clone}/.git")]
    if published:
        pairs.append((f"url.{clone}.insteadOf", address))
    variables = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def _git(clone: Path, *arguments: str) -> str:
    command = ["git", "-c", f"safe.directory={clone}", "-C", str(clone), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Problem("git is not installed. Install it (Debian, Ubuntu: sudo apt install git).") from None
    return done.stdout.strip() if done.returncode == 0 else ""
