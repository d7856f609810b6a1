"""Settings of git on the host that git inside needs too: name and address, and how files are checked out.

A person's own configuration is not in the container. Without these settings, the agent's commits have no
author, and files that the host's git wrote look changed inside.
"""

from __future__ import annotations

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.git import host_config, lacking

_SETTINGS = ("user.name", "user.email")
_CHECKOUT = ("core.symlinks", "core.fileMode", "core.autocrlf", "core.eol")
# The weakest place there is: a repository's own configuration wins, and so does the environment.
_SET = 'while [ "$#" -gt 1 ]; do git config --global "$1" "$2"; shift 2; done'
# Alpine's package has the filters in no configuration.
_LFS = "! command -v git-lfs >/dev/null || git lfs install --skip-repo"


def read(root: str) -> tuple[str, ...]:
    """Returns name and address for commits of the directory at `root`; empty where git does not know both."""
    found = tuple(host_config.value(root, setting) for setting in _SETTINGS)
    return found if all(found) else ()


def checkout(root: str) -> dict[str, str]:
    """Returns how git on the host checks files out: the settings that have a value."""
    found = {setting: host_config.value(root, "--get", setting) for setting in _CHECKOUT}
    return {setting: value for setting, value in found.items() if value}


def hand_over(docker: Docker, container: str) -> None:
    """Sets them for the agent. Where that fails, git itself says what is missing, at the first commit."""
    root = docker.project.root
    wanted = {**dict(zip(_SETTINGS, read(root), strict=False)), **checkout(root)}
    script = "\n".join([*([_LFS] if lacking.uses_lfs(root) else []), *([_SET] if wanted else [])])
    if script:
        pairs = (word for pair in wanted.items() for word in pair)
        docker.execute(container, "sh", "-c", script, "sh", *pairs)
