"""The name and address in the agent's commits: those that git uses on the host."""

from __future__ import annotations

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.git import host_config

_SETTINGS = ("user.name", "user.email")
# The weakest place there is: a repository's own configuration wins, and so does the environment.
_SET = 'git config --global user.name "$1"; git config --global user.email "$2"'


def read(root: str) -> tuple[str, ...]:
    """Returns name and address for commits of the directory at `root`; empty where git does not know both."""
    found = tuple(host_config.value(root, setting) for setting in _SETTINGS)
    return found if all(found) else ()


def hand_over(docker: Docker, container: str) -> None:
    """Sets them for the agent. Where that fails, git itself says what is missing, at the first commit."""
    known = read(docker.project.root)
    if known:
        docker.execute(container, "sh", "-c", _SET, "sh", *known)
