"""What a person declared: which commands run in which containers.

Read from `bridge.yaml` on the host and handed to the broker. The broker reads no file of the workspace: what
it obeys changes by a person's command, never by a switch of branches.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from aidevcontainer.bridge.broker.reserved import RESERVED

VARIABLE = "AIDEVCONTAINER_BRIDGE"
WORKSPACE = "/workspace"
VERSION = 1

# Linux takes 128 KiB for one variable, name and terminating zero included.
LONGEST = 96 * 1024

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}")
_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?")

# They would turn any command into another one, whatever it was declared as.
FORBIDDEN_VARIABLES = re.compile(r"LD_.*|PATH|IFS|ENV|BASH_ENV|SHELLOPTS|BASHOPTS|PS4|AIDEVCONTAINER_.*")


@dataclass(frozen=True)
class Command:
    """A command by its name in the agent's container, and what runs in its place elsewhere.

    `container` is the engine's exact name. `exec` stands before the caller's arguments. `paths` maps folders
    below /workspace to the container's own; `workdir` is for where none of them fits. Empty `workdir` and
    `user` mean the container's own. `environment` names the variables that are handed over.

    `service`, `project` and `folders` are what Compose's labels must say of a container that is a service,
    each unless it is empty; of the folder of its files, one of `folders` or below. A name alone may be
    another's by then.
    """

    name: str
    container: str
    exec: tuple[str, ...]
    workdir: str = ""
    paths: tuple[tuple[str, str], ...] = ()
    user: str = ""
    environment: tuple[str, ...] = ()
    service: str = ""
    project: str = ""
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """All commands of a project; `project` is the Compose project's name, which marks what they start."""

    commands: tuple[Command, ...]
    project: str

    def find(self, name: str) -> Command | None:
        """Return a command by its name."""
        return next((command for command in self.commands if command.name == name), None)


def encode(declaration: Declaration) -> str:
    """Return the declaration as one line for `.env`. Raises ValueError when it is too long for a variable."""
    content = json.dumps({"version": VERSION, **asdict(declaration)}, separators=(",", ":"))
    line = base64.urlsafe_b64encode(content.encode()).decode()
    if len(line) > LONGEST:
        raise ValueError(f"bridge.yaml is too long: {len(line)} of at most {LONGEST} bytes once encoded")
    return line


def decode(line: str) -> Declaration:
    """Return what :func:`encode` was given. Raises ValueError with a sentence for anything else."""
    try:
        found = json.loads(base64.b64decode(line, altchars=b"-_", validate=True))
        if found["version"] != VERSION:
            raise ValueError(f"version {found['version']} is not known here")
        commands = tuple(_command(item) for item in found["commands"])
        declaration = Declaration(commands, str(found["project"]))
    except (binascii.Error, LookupError, TypeError, UnicodeError, json.JSONDecodeError) as error:
        raise ValueError(f"not a declaration: {error}") from error
    wrong = next((sentence for command in commands for sentence in check(command)), None)
    if wrong:
        raise ValueError(wrong)
    return declaration


def check(command: Command) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with a command."""
    yield from _check_names(command)
    yield from _check_exec(command)
    yield from _check_paths(command)


def folder_problem(path: str) -> str:
    """Return what is wrong with an absolute folder, empty if nothing is."""
    if not path.startswith("/"):
        return f"{path!r} is not absolute"
    if _broken(path):
        return f"{path!r} contains a character that no path has"
    parts = path.rstrip("/").split("/")[1:]
    return f"{path!r} is not in its plain form" if {"", ".", ".."}.intersection(parts) else ""


def _check_names(command: Command) -> Iterator[str]:
    if not _NAME.fullmatch(command.name):
        yield f"{command.name!r} is not the name of a command: letters, digits and ._+- only, at most 64"
    elif command.name in RESERVED:
        yield f"{command.name!r} is a name that the agent's own container needs"
    if not _CONTAINER.fullmatch(command.container):
        yield f"{command.container!r} is not the name of a container"
    if command.user and not _USER.fullmatch(command.user):
        yield f"{command.user!r} is not a user: a name or number, or two with a colon between"
    for name in command.environment:
        if not _VARIABLE.fullmatch(name):
            yield f"{name!r} is not the name of a variable"
        elif FORBIDDEN_VARIABLES.fullmatch(name):
            yield f"{name} cannot be handed over: it would change what the command is"


def _check_exec(command: Command) -> Iterator[str]:
    if not command.exec or not command.exec[0]:
        yield f"{command.name!r} has nothing to execute"
    elif any(_broken(word) for word in command.exec):
        yield f"{command.name!r}: a word of exec contains a character that no argument has"


def _check_paths(command: Command) -> Iterator[str]:
    sources = [source for source, _ in command.paths]
    targets = [target for _, target in command.paths] + ([command.workdir] if command.workdir else [])
    yield from filter(None, map(folder_problem, [*sources, *targets]))
    for source in sources:
        if f"{source}/".rstrip("/") != WORKSPACE and not source.startswith(f"{WORKSPACE}/"):
            yield f"{source!r} is not below {WORKSPACE}"
    if len({source.rstrip("/") for source in sources}) != len(sources):
        yield f"{command.name!r} maps one folder twice"


def _broken(text: str) -> bool:
    # A lone surrogate is what no UTF-8 file can hold, and the engine's JSON neither.
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _command(item: dict[str, object]) -> Command:
    paths = tuple((str(source), str(target)) for source, target in _pairs(item["paths"]))
    return Command(
        name=str(item["name"]),
        container=str(item["container"]),
        exec=_words(item["exec"]),
        workdir=str(item["workdir"]),
        paths=paths,
        user=str(item["user"]),
        environment=_words(item["environment"]),
        service=str(item.get("service", "")),
        project=str(item.get("project", "")),
        folders=_words(item.get("folders", [])),
    )


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return tuple(map(str, value))


def _pairs(value: object) -> Iterable[tuple[object, object]]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return ((source, target) for source, target in value)
