"""The declared commands: which ones there are, and in which containers they run.

The host reads them from `bridge.yaml` and hands them to the broker as JSON. The broker reads no file of the
workspace, so a switch of branches changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from aidevcontainer.bridge.broker.reserved import RESERVED
from aidevcontainer.util.files import MOST_BYTES

WORKSPACE = "/workspace"
VERSION = 1

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}")
_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?")

# Each of them can make a program run another one.
FORBIDDEN_VARIABLES = re.compile(r"LD_.*|PATH|IFS|ENV|BASH_ENV|SHELLOPTS|BASHOPTS|PS4|AIDEVCONTAINER_.*")


@dataclass(frozen=True)
class BrokerCommand:
    """A command by its name in the agent container, and the program that runs for it in another container.

    `container` is the engine's exact name. `exec` comes before the caller's arguments. `paths` maps folders
    of the workspace to folders of the container, and `workdir` is used where none of them fits. The
    container's own setting applies where `workdir` or `user` is empty. `environment` names the variables to
    pass on.

    `service`, `project` and `folders` are the values that Compose's labels of a service must have, unless
    they are empty. The folder of its Compose file must lie in one of `folders`. The name alone does not prove
    that it is the same container.
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
    """All commands of a project. `project` is the Compose project's name, which marks their processes."""

    commands: tuple[BrokerCommand, ...]
    project: str

    def find(self, name: str) -> BrokerCommand | None:
        """Returns a command by its name."""
        return next((command for command in self.commands if command.name == name), None)


def encode(declaration: Declaration) -> str:
    """Returns the declaration as JSON. Raises ValueError where the broker would refuse its length."""
    text = json.dumps({"version": VERSION, **asdict(declaration)}, separators=(",", ":"))
    if len(text) > MOST_BYTES:
        raise ValueError(f"bridge.yaml declares too much: {len(text)} bytes as JSON, of at most {MOST_BYTES}")
    return text


def decode(text: str) -> Declaration:
    """Returns the declaration that `encode` was given. Raises ValueError for any other text."""
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            raise ValueError(f"version {found['version']} of the declaration is not supported")
        commands = tuple(_command(item) for item in found["commands"])
        declaration = Declaration(commands, str(found["project"]))
    except (LookupError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"not a declaration: {error}") from error
    wrong = next((sentence for command in commands for sentence in check(command)), None)
    if wrong:
        raise ValueError(wrong)
    return declaration


def check(command: BrokerCommand) -> Iterator[str]:
    """Yields a sentence for each error of a command."""
    yield from _check_names(command)
    yield from _check_exec(command)
    yield from _check_paths(command)


def folder_problem(path: str) -> str:
    """Returns the reason why a text is not an absolute folder in its plain form, empty where it is one."""
    if not path.startswith("/"):
        return f"{path!r} is not absolute"
    if _broken(path):
        return f"{path!r} contains a character that a path cannot have"
    parts = path.rstrip("/").split("/")[1:]
    return f"{path!r} is not in its plain form" if {"", ".", ".."}.intersection(parts) else ""


def _check_names(command: BrokerCommand) -> Iterator[str]:
    if not _NAME.fullmatch(command.name):
        yield f"{command.name!r} is not the name of a command: letters, digits and ._+- only, at most 64"
    elif command.name in RESERVED:
        yield f"{command.name!r} is a name that the agent container needs"
    if not _CONTAINER.fullmatch(command.container):
        yield f"{command.container!r} is not the name of a container"
    if command.user and not _USER.fullmatch(command.user):
        yield f"{command.user!r} is not a user: a name or number, or two with a colon between"
    for name in command.environment:
        if not _VARIABLE.fullmatch(name):
            yield f"{name!r} is not the name of a variable"
        elif FORBIDDEN_VARIABLES.fullmatch(name):
            yield f"{name} cannot be passed on, because it could make the command run another program"


def _check_exec(command: BrokerCommand) -> Iterator[str]:
    if not command.exec or not command.exec[0]:
        yield f"{command.name!r} has no program to run"
    elif any(_broken(word) for word in command.exec):
        yield f"{command.name!r}: a word of exec contains a character that an argument cannot have"


def _check_paths(command: BrokerCommand) -> Iterator[str]:
    sources = [source for source, _ in command.paths]
    targets = [target for _, target in command.paths] + ([command.workdir] if command.workdir else [])
    yield from filter(None, map(folder_problem, [*sources, *targets]))
    for source in sources:
        if f"{source}/".rstrip("/") != WORKSPACE and not source.startswith(f"{WORKSPACE}/"):
            yield f"{source!r} is not below {WORKSPACE}"
    if len({source.rstrip("/") for source in sources}) != len(sources):
        yield f"{command.name!r} maps one folder twice"


def _broken(text: str) -> bool:
    # Neither UTF-8 nor the engine's JSON can hold a lone surrogate.
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _command(item: dict[str, Any]) -> BrokerCommand:
    texts = {key: str(item[key]) for key in ("name", "container", "workdir", "user", "service", "project")}
    lists = {key: tuple(map(str, _list(item[key]))) for key in ("exec", "environment", "folders")}
    paths = tuple((str(source), str(target)) for source, target in _list(item["paths"]))
    values: dict[str, Any] = {**texts, **lists, "paths": paths}
    return BrokerCommand(**values)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return value
