"""The only list of the files in `.aidevcontainer/`: who owns each, and what to do after a change.

copier.yml, the scaffold's `.gitignore` and its `.dockerignore` contain parts of it in their own languages.
tests/project/test_manifest.py compares them with this table, and the table with a fresh scaffold.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

FOLDER = ".aidevcontainer"

UP = "./.aidevcontainer/container up"
RELOAD = "./.aidevcontainer/firewall reload"
RESTART = "./.aidevcontainer/container restart"


class Owner(Enum):
    """The party that decides about a file's content."""

    TEMPLATE = "the template: updates change it, and an edit by hand is drift"
    PROJECT = "the project: people edit it, and updates merge"
    PERSON = "one person: written once, and never touched again"
    MACHINE = "this machine: the helpers write it, and git ignores it"


class Entry(NamedTuple):
    """One file, or with a slash at the end a folder with everything in it.

    `security`: it decides which programs run, as which user, or which hosts they reach. `image`: the image's
    build reads it. `afterwards`: the command after which a change takes effect.
    """

    name: str
    what: str
    owner: Owner = Owner.TEMPLATE
    security: bool = False
    image: bool = False
    afterwards: str = ""


_COMMANDS = "runs on your machine: the commands"
_HELPERS = "runs on your machine: which version of the helpers, and how they are installed"
_IMAGE = "what the image is made of"
_DOCUMENTS = "answers, documentation and the like"

ENTRIES = (
    Entry("docker-compose.yml", "rights, mounts and limits of the containers", security=True, afterwards=UP),
    Entry("git-mounts.yml", "what of git the agent sees", security=True, afterwards=UP),
    Entry("Dockerfile", _IMAGE, security=True, image=True, afterwards=UP),
    Entry(".dockerignore", _IMAGE, security=True, image=True, afterwards=UP),
    Entry("claude.pin", "which Claude Code runs, by its digest", Owner.PROJECT, True, True, UP),
    Entry("packages.txt", "Alpine packages in the image", Owner.PROJECT, True, True, UP),
    Entry("ca/", "certificate authorities that the image trusts", security=True, image=True, afterwards=UP),
    Entry(
        "scripts/",
        "runs inside the containers, partly as root: start, firewall, build",
        security=True,
        image=True,
        afterwards=UP,
    ),
    Entry("allowed-domains.txt", "what the agent may reach", Owner.PROJECT, True, afterwards=RELOAD),
    Entry(
        "claude-settings.json", "settings that Claude must follow", Owner.PROJECT, True, afterwards=RESTART
    ),
    Entry("requirements.txt", _HELPERS, security=True),
    Entry("install.sh", _HELPERS, security=True),
    Entry("launch.sh", _HELPERS, security=True),
    Entry("claude", _COMMANDS, security=True),
    Entry("container", _COMMANDS, security=True),
    Entry("firewall", _COMMANDS, security=True),
    Entry("hook", _COMMANDS, security=True),
    Entry("update", _COMMANDS, security=True),
    Entry("project.json", _DOCUMENTS),
    Entry(".gitignore", _DOCUMENTS),
    Entry(".gitattributes", _DOCUMENTS),
    Entry("README.md", _DOCUMENTS, Owner.PROJECT),
    Entry("allowed-domains.local.txt", "what the agent may reach", Owner.PERSON, afterwards=RELOAD),
    Entry("docker-compose.override.yml", "your own Compose settings", Owner.PERSON, afterwards=UP),
    Entry(".env", "settings for Compose", Owner.MACHINE),
    Entry(".planted.json", "findings about the working tree", Owner.MACHINE),
    Entry("git-mounts.local.yml", "what of git the agent sees", Owner.MACHINE),
    Entry("git-links/", "files that stand in for git's own", Owner.MACHINE),
    Entry("scripts/bridge/", "the bridge's part of the image", Owner.MACHINE, image=True),
)
OTHER = Entry("", _DOCUMENTS)
# Written on each machine, below a folder that belongs to the template.
MACHINE_CERTIFICATES = "ca/host-*.crt"


def entry(path: str) -> Entry:
    """Returns the entry that covers a path relative to the project, the most exact one; else `OTHER`."""
    folder, _, name = path.partition("/")
    found = [each for each in ENTRIES if folder == FOLDER and covers(each, name)]
    return max(found, key=lambda each: len(each.name), default=OTHER)


def covers(each: Entry, name: str) -> bool:
    """Returns whether a path relative to the folder is an entry's."""
    return name.startswith(each.name) if each.name.endswith("/") else name == each.name


def owned_by(*owners: Owner) -> tuple[str, ...]:
    """Returns the names of all entries that belong to one of `owners`, in order."""
    return tuple(each.name for each in ENTRIES if each.owner in owners)


def image_sources() -> tuple[str, ...]:
    """Returns what the image's build reads, at the top of the folder, without slashes."""
    return tuple(each.name.rstrip("/") for each in ENTRIES if each.image and each.owner is not Owner.MACHINE)


def top_level(*owners: Owner) -> frozenset[str]:
    """Returns what lies at the top of the folder and belongs to one of `owners`, without slashes."""
    return frozenset(name.partition("/")[0] for name in owned_by(*owners))
