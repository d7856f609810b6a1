"""The template's address and commit, which projects record so that `copier update` finds them again."""

from __future__ import annotations

import json
import os
import re
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from aidevcontainer.git.runner import Git
from aidevcontainer.util.errors import Problem

CLONE = Path(__file__).resolve().parents[3]
_PACKAGE = "aidevcontainer"
# Addresses that Copier knows to be a repository's. Every other one needs `git+` in front.
_KNOWN_TO_COPIER = re.compile(r"gh:|gl:|git@|git://|git\+|https://git(hub|lab)\.com/|.*\.git$")


class Origin(NamedTuple):
    """The template's address as projects record it, its commit, that commit's name, whether others reach it.

    `environment` lets git find the address in a clone on this machine, so that no network is needed.
    """

    address: str
    commit: str
    version: str
    shared: bool
    environment: dict[str, str]


def of_clone(clone: Path = CLONE, commit: str = "") -> Origin:
    """Describes a commit of a clone, by default the current one. Raises Problem where there is none.

    The address is the published one if there is one, since a path means nothing to other users.
    """
    commit = commit or _commit(clone)
    version = _git(clone, "describe", "--tags", "--always", commit)
    remote = _public(_git(clone, "config", "--get", "remote.origin.url"))
    published = bool(remote and _git(clone, "branch", "--remotes", "--contains", commit))
    address = remote if published else str(clone)
    return Origin(address, commit, version, published, _redirection(clone, address, published))


def of_package(source: str = "") -> Origin:
    """Describes the template that the installed package came with, or the one at `source`. Raises Problem.

    pip and uv record it as PEP 610 says: https://packaging.python.org/specifications/direct-url/
    """
    if source:
        return Origin(source, "HEAD", "", True, {})
    recorded = _direct_url()
    address, commit = str(recorded.get("url", "")), recorded.get("vcs_info", {}).get("commit_id", "")
    folder = Path(unquote(urlsplit(address).path)) if address.startswith("file:") else None
    if folder and folder.is_dir():
        return of_clone(folder, commit)
    if folder:
        raise Problem(
            f"The clone at {folder} that this program was installed from is gone. "
            "Name the template's repository: aidevcontainer init --source ADDRESS PATH"
        )
    if not commit:
        raise Problem(
            "This installation does not record where it came from. Name the template's repository: "
            "aidevcontainer init --source ADDRESS PATH"
        )
    known = _KNOWN_TO_COPIER.match(address)
    return Origin(address if known else f"git+{address}", commit, package_version(), True, {})


def package_version() -> str:
    """Returns the version of the installed package, or "unknown" where the code runs without one."""
    try:
        return metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:
        return "unknown"


def is_dirty(clone: Path = CLONE) -> bool:
    """Returns whether a clone has uncommitted changes, which a scaffold does not get."""
    return bool(_git(clone, "status", "--porcelain", "--untracked-files=no"))


def requirement(clone: Path) -> str:
    """Returns the line with which pip installs the helpers from a clone's current commit. Raises Problem."""
    return f"aidevcontainer @ git+file://localhost{quote(str(clone))}@{_commit(clone)}"


def trusting(clone: Path) -> dict[str, str]:
    """Returns variables with which git reads a clone that may belong to another user, as for root."""
    return _configuration(_trust(clone))


def _direct_url() -> dict[str, Any]:
    try:
        text = metadata.distribution(_PACKAGE).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return {}
    found = json.loads(text or "{}")
    return found if isinstance(found, dict) else {}


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
        # A password in the clone's own configuration must not get into a file that is committed.
        return re.sub(r"^(https?://)[^/@]*@", r"\1", remote)
    return remote if re.match(r"[\w.-]+@[\w.-]+:", remote) else ""


def _redirection(clone: Path, address: str, published: bool) -> dict[str, str]:
    redirected = [(f"url.{clone}.insteadOf", address)] if published else []
    return _configuration([*_trust(clone), *redirected])


def _trust(clone: Path) -> list[tuple[str, str]]:
    return [("safe.directory", str(clone)), ("safe.directory", f"{clone}/.git")]


def _configuration(pairs: list[tuple[str, str]]) -> dict[str, str]:
    # Behind the caller's own, such as a CI job's token.
    before = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    variables = {"GIT_CONFIG_COUNT": str(before + len(pairs))}
    for number, (key, value) in enumerate(pairs, before):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def _git(clone: Path, *arguments: str) -> str:
    # As root, git refuses another user's clone.
    done = Git(clone, {"safe.directory": str(clone)}).run(*arguments)
    return done.text.strip() if done.code == 0 else ""
