"""The name and address that commits bear inside: those that git knows on the host."""

from __future__ import annotations

import os
import re

from plumbum import local

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.git import host_config

_SETTINGS = ("user.name", "user.email")
# The weakest place there is: what a repository's own configuration says wins, and so does the environment.
_SET = 'git config --global user.name "$1"; git config --global user.email "$2"'
# A hook or an alias that calls this has variables set that point to another repository.
_FOREIGN = re.compile(r"GIT_(?!CONFIG)").match


def read(root: str) -> tuple[str, ...]:
    """Return name and address for commits of the directory at `root`; empty where git does not know both."""
    if "git" not in local:
        return ()
    found = tuple(_ask(root, setting) for setting in _SETTINGS)
    return found if all(found) else ()


def hand_over(docker: Docker, container: str) -> None:
    """Make them the agent's. Where that fails git itself says what it misses, at the first commit."""
    known = read(docker.project.root)
    if known:
        docker.execute(container, "sh", "-c", _SET, "sh", *known)


def _ask(root: str, setting: str) -> str:
    # A directory that is no repository has no say; the user's own settings have.
    with local.env():
        for name in filter(_FOREIGN, list(os.environ)):
            local.env.pop(name, "")
        code, out, _ = local["git"][("-C", root, *host_config.anyway(root), "config", setting)].run(
            retcode=None
        )
    return out.rstrip("\n") if code == 0 else ""
