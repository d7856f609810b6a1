"""What the helpers write into `.env` for Compose, from the machine and the caller's environment."""

from __future__ import annotations

import re

from aidevcontainer.bridge import switch
from aidevcontainer.engine import volumes
from aidevcontainer.git import mounts
from aidevcontainer.project import env_file as envfile
from aidevcontainer.project import ids, names, ssh_agent
from aidevcontainer.project.paths import Project
from aidevcontainer.util.errors import Problem

# Kept once given, until given anew or edited in the file.
OPTIONS = (
    "ALPINE_IMAGE",
    "ALPINE_MIRROR",
    "NPM_REGISTRY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "AIDEVCONTAINER_DNS",
    "AIDEVCONTAINER_PORTS",
    "AIDEVCONTAINER_MEMORY",
    "AIDEVCONTAINER_CPUS",
    "AIDEVCONTAINER_PIDS",
    "AIDEVCONTAINER_FORWARD",
    ssh_agent.OPTION,
)
# A newer image is built, and sessions still ran in the containers of the older one.
WAITING = "AIDEVCONTAINER_WAITING"
_MACHINE = (
    WAITING,
    "AIDEVCONTAINER_TEMPLATE",
    "AIDEVCONTAINER_CLAUDE",
    "COMPOSE_PROJECT_NAME",
    "CLAUDE_UID",
    "CLAUDE_GID",
    "AIDEVCONTAINER_IMAGE",
    "AIDEVCONTAINER_WORKSPACE",
    "AIDEVCONTAINER_SHARED",
    "AIDEVCONTAINER_BINARIES",
)
MANAGED = OPTIONS + _MACHINE + mounts.NAMES + switch.NAMES + ssh_agent.NAMES


def collect(project: Project, caller: dict[str, str]) -> dict[str, str]:
    """Return all values but the image's name. Raises Problem for ids or values that cannot be."""
    recorded = envfile.read(project.env_file)
    uid, gid = ids.detect(caller, _own(recorded, project), project.root)
    options = _options(caller, recorded)
    found = {
        **options,
        **ssh_agent.variables(caller, options.get(ssh_agent.OPTION, "")),
        "COMPOSE_PROJECT_NAME": names.project_name(project.root),
        "CLAUDE_UID": str(uid),
        "CLAUDE_GID": str(gid),
        "AIDEVCONTAINER_WORKSPACE": project.root,
        "AIDEVCONTAINER_SHARED": "true",
        "AIDEVCONTAINER_BINARIES": volumes.SHARED,
        mounts.VARIABLE: mounts.FILE,
    }
    _require_single_lines(found)
    return found


def _require_single_lines(values: dict[str, str]) -> None:
    for name, value in values.items():
        if "\n" in value or "\r" in value:
            what = "This repository's path" if value == values["AIDEVCONTAINER_WORKSPACE"] else name
            raise Problem(f"{what} has a line break, which .aidevcontainer/.env cannot carry. Take it out.")


def _own(recorded: dict[str, str], project: Project) -> dict[str, str]:
    # A file that came with a copy of the directory tells of another user, perhaps of another machine.
    return recorded if recorded.get("AIDEVCONTAINER_WORKSPACE", project.root) == project.root else {}


def proxies(caller: dict[str, str]) -> dict[str, str]:
    """Return a caller's proxies by the names that builds have for them, those with a password too."""
    # As often written in lower case.
    found = {name: caller.get(name) or caller.get(name.lower()) for name in OPTIONS if "PROXY" in name}
    return {name: value for name, value in found.items() if value}


def holds_secret(address: str) -> bool:
    """Tell whether an address has a user or a password in it: the agent can read all that is recorded."""
    return re.search(r"://[^/@]*@", address) is not None


def _options(caller: dict[str, str], recorded: dict[str, str]) -> dict[str, str]:
    given = {**caller, **proxies(caller)}
    found = {name: given.get(name) or recorded.get(name, "") for name in OPTIONS}
    return {name: value for name, value in found.items() if value and not holds_secret(value)}
