"""Where this clone comes from: what projects record, so that `copier update` finds the template again."""

from __future__ import annotations

import json
import re
from importlib.metadata import distribution, version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from aidevcontainer.git.runner import Git
from aidevcontainer.util.errors import Problem

CLONE = Path(__file__).resolve().parents[3]


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
    commit = _commit(clone)
    version = _git(clone, "describe", "--tags", "--always", commit)
    remote = _public(_git(clone, "config", "--get", "remote.origin.url"))
    published = bool(remote and _git(clone, "branch", "--remotes", "--contains", commit))
    address = remote if published else str(clone)
    return Origin(address, commit, version, published, _redirection(clone, address, published))


def of_package(source: str = "") -> Origin:
    """Describes where the installed package came from, or `source` instead. Raises Problem.

    pip and uv record it as PEP 610 says: https://packaging.python.org/specifications/direct-url/
    """
    if source:
        return Origin(source, "HEAD", "", True, {})
    recorded = json.loads(distribution("aidevcontainer").read_text("direct_url.json") or "{}")
    address, commit = str(recorded.get("url", "")), recorded.get("vcs_info", {}).get("commit_id", "")
    path = Path(unquote(urlsplit(address).path))
    if address.startswith("file://") and path.is_dir():
        return of_clone(path)
    if not commit:
        raise Problem(
            "This installation does not record where it came from. Name the template's repository: "
            "aidevcontainer init --source ADDRESS PATH"
        )
    return Origin(address, commit, version("aidevcontainer"), True, {})


def is_dirty(clone: Path = CLONE) -> bool:
    """Return whether *clone* has changes that are not committed, and so will not be scaffolded."""
    return bool(_git(clone, "status", "--porcelain", "--untracked-files=no"))


def _commit(clone: Path) -> str:
    commit = _git(clone, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        raise Problem(
            f"{clone} is not a git clone of this project, and projects are updated from its commits. "
            "Get it with git clone, and run this from there."
        )
    return commit


def _public(remote: str) -> str:
    if re.match(r"(https?|ssh)://", remote):
        # A password in the clone's own configuration does not belong into a file that is committed.
        return re.sub(r"^(https?://)[^/@]*@", r"\1", remote)
    return remote if re.match(r"[\w.-]+@[\w.-]+:", remote) else ""


def requirement(clone: Path) -> str:
    """Returns the line with which pip installs the helpers from a clone's current commit. Raises Problem."""
    return f"aidevcontainer @ git+file://localhost{quote(str(clone))}@{_commit(clone)}"


def trusting(clone: Path) -> dict[str, str]:
    """Returns variables with which git reads a clone that may belong to another user, as for root."""
    return _configuration([("safe.directory", str(clone)), ("safe.directory", f"{clone}/.git")])


def _redirection(clone: Path, address: str, published: bool) -> dict[str, str]:
    pairs = [("safe.directory", str(clone)), ("safe.directory", f"{clone}/.git")]
    if published:
        pairs.append((f"url.{clone}.insteadOf", address))
    return _configuration(pairs)


def _configuration(pairs: list[tuple[str, str]]) -> dict[str, str]:
    variables = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def _git(clone: Path, *arguments: str) -> str:
    # As root in another user's clone git would say nothing.
    done = Git(clone, {"safe.directory": str(clone)}).run(*arguments)
    return done.text.strip() if done.code == 0 else ""
