"""The settings in `.env`: what Compose needs to know of the machine, the project and the options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aidevcontainer.bridge import switch
from aidevcontainer.engine import volumes
from aidevcontainer.git import mount_file, mounts
from aidevcontainer.lifecycle import weakness
from aidevcontainer.project import env_file, ids, names, ssh_agent
from aidevcontainer.project.paths import Project
from aidevcontainer.util.errors import Problem

# Kept once given, until given again, given as empty, or edited in the file.
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
    weakness.OPTION,
)
# A newer image is built, and sessions still ran in the containers of the older one.
WAITING = "AIDEVCONTAINER_WAITING"
IMAGE = "AIDEVCONTAINER_IMAGE"
TEMPLATE = "AIDEVCONTAINER_TEMPLATE"
CLAUDE = "AIDEVCONTAINER_CLAUDE"
_NAME = "COMPOSE_PROJECT_NAME"
_WORKSPACE = "AIDEVCONTAINER_WORKSPACE"
_MACHINE = (
    WAITING,
    TEMPLATE,
    CLAUDE,
    _NAME,
    "CLAUDE_UID",
    "CLAUDE_GID",
    IMAGE,
    _WORKSPACE,
    "AIDEVCONTAINER_SHARED",
    "AIDEVCONTAINER_BINARIES",
)
MANAGED = OPTIONS + _MACHINE + mounts.NAMES + switch.NAMES + ssh_agent.NAMES


@dataclass(frozen=True)
class Settings:
    """The lines of `.env` that the helpers manage. A change makes a new value."""

    _pairs: tuple[tuple[str, str], ...] = field(default=())

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Settings:
        """Returns settings with these values."""
        return cls(tuple(sorted(variables.items())))

    @property
    def variables(self) -> dict[str, str]:
        """All values by name; a copy."""
        return dict(self._pairs)

    @property
    def project_name(self) -> str:
        """The Compose project's name."""
        return self.variables[_NAME]

    @property
    def image(self) -> str:
        """The name of the image that the files lead to; empty before it is known."""
        return self.variables.get(IMAGE, "")

    @property
    def ids(self) -> tuple[int, int]:
        """The agent's user and group."""
        found = self.variables
        return int(found["CLAUDE_UID"]), int(found["CLAUDE_GID"])

    def with_(self, variables: Mapping[str, str]) -> Settings:
        """Returns the settings with some values added or replaced."""
        return Settings.of({**self.variables, **variables})

    def without(self, *excluded: str) -> Settings:
        """Returns the settings without some names."""
        return Settings.of({name: value for name, value in self._pairs if name not in excluded})

    def write(self, project: Project) -> None:
        """Makes the project's `.env` hold these values and no other managed name. Raises OSError."""
        env_file.update(project.env_file, self.variables, MANAGED)


def collect(project: Project, caller: dict[str, str]) -> Settings:
    """Returns all settings but those about the image. Raises Problem for impossible ids or values."""
    recorded = env_file.read(project.env_file)
    uid, gid = ids.detect(caller, _own(recorded, project), project.root)
    options = _options(caller, recorded)
    found = {
        **options,
        **ssh_agent.variables(caller, options.get(ssh_agent.OPTION, "")),
        _NAME: names.project_name(project.root),
        "CLAUDE_UID": str(uid),
        "CLAUDE_GID": str(gid),
        _WORKSPACE: project.root,
        "AIDEVCONTAINER_SHARED": "true",
        "AIDEVCONTAINER_BINARIES": volumes.SHARED,
        mounts.VARIABLE: mount_file.FILE,
    }
    _require_single_lines(found)
    return Settings.of(found)


def proxies(caller: dict[str, str]) -> dict[str, str]:
    """Returns a caller's proxies by the names that builds have for them, those with a password too."""
    found = {name: _given(name, caller) for name in OPTIONS if "PROXY" in name}
    return {name: value for name, value in found.items() if value}


def holds_secret(address: str) -> bool:
    """Returns whether an address contains a user or a password: the agent can read all that is recorded."""
    return re.search(r"://[^/@]*@", address) is not None


def _require_single_lines(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        if "\n" in value or "\r" in value:
            what = "This repository's path" if value == variables[_WORKSPACE] else name
            raise Problem(f"{what} has a line break, and .aidevcontainer/.env cannot hold one. Remove it.")


def _own(recorded: dict[str, str], project: Project) -> dict[str, str]:
    # A file that came with a copy of the directory has the ids of another user, perhaps of another machine.
    return recorded if recorded.get(_WORKSPACE, project.root) == project.root else {}


def _options(caller: dict[str, str], recorded: dict[str, str]) -> dict[str, str]:
    found = {name: _option(name, caller, recorded) for name in OPTIONS}
    return {name: value for name, value in found.items() if value and not holds_secret(value)}


def _option(name: str, caller: dict[str, str], recorded: dict[str, str]) -> str:
    given = _given(name, caller)
    # Set but empty: the person wants the default back.
    return recorded.get(name, "") if given is None else given


def _given(name: str, caller: dict[str, str]) -> str | None:
    """Returns a caller's value, empty where it is set to nothing, None where it is not set."""
    # Proxies are as often written in lower case.
    spellings = (name, name.lower()) if "PROXY" in name else (name,)
    values = [caller[each] for each in spellings if each in caller]
    return next((value for value in values if value), "") if values else None
