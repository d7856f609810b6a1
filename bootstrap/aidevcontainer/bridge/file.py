"""`.aidevcontainer/bridge.yaml`: which commands run in which of the project's containers (docs/bridge.md).

Only the host reads the file. The broker is handed what a person put into force, so a switch of branches
changes nothing.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from aidevcontainer.bridge import plain_file
from aidevcontainer.bridge.broker import declaration
from aidevcontainer.bridge.broker.declaration import WORKSPACE, BrokerCommand
from aidevcontainer.bridge.broker.reserved import RESERVED
from aidevcontainer.bridge.plain_file import FileError
from aidevcontainer.project.paths import Project

if TYPE_CHECKING:
    from aidevcontainer.bridge.yaml_nodes import Node

NAME = "bridge.yaml"
VERSION = "1"

_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COMMAND = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}")
# Docker's rule for names of containers. Compose has the same for services and projects.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

_TOP = ("version", "default_container", "containers", "commands")
_OPTIONS = ("workdir", "paths", "environment", "user")
_OF_CONTAINER = ("name", "service", "project", *_OPTIONS)
_OF_COMMAND = ("container", "exec", *_OPTIONS)


class BridgeFileError(ValueError):
    """Why a file is refused as a whole: a sentence with file and line. `line` is 0 for the whole file."""

    def __init__(self, error: FileError) -> None:
        place = f"{NAME} line {error.line}" if error.line else NAME
        super().__init__(f"{place}: {error.reason}.")
        self.line = error.line


class Target(NamedTuple):
    """A container: by the name `container`, or as the Compose `service` of a `project`.

    Exactly one of `container` and `service` is set. Without a project it is a service of this repository.
    """

    alias: str
    container: str = ""
    service: str = ""
    project: str = ""


class RunOptions(NamedTuple):
    """Where and how a command runs. The container's own setting applies where a field is empty."""

    workdir: str = ""
    paths: tuple[tuple[str, str], ...] = ()
    environment: tuple[str, ...] = ()
    user: str = ""


class FileCommand(NamedTuple):
    """A declared command. `exec` comes before the caller's arguments. `line` is where it is declared."""

    line: int
    name: str
    target: Target
    exec: tuple[str, ...]
    options: RunOptions

    def in_container(
        self, container: str, service: str = "", project: str = "", folders: tuple[str, ...] = ()
    ) -> BrokerCommand:
        """Returns the command for the broker, with the container's exact name and Compose's labels of it."""
        return BrokerCommand(
            name=self.name,
            container=container,
            exec=self.exec,
            service=service,
            project=project,
            folders=folders,
            **self.options._asdict(),
        )


class BridgeFile(NamedTuple):
    """A whole file, in the order of its lines."""

    targets: dict[str, Target]
    commands: dict[str, FileCommand]


class _DeclaredContainer(NamedTuple):
    target: Target
    options: RunOptions


def path(project: Project) -> str:
    """Returns the path of a project's file, whether it exists or not."""
    return os.path.join(project.folder, NAME)


def load(project: Project) -> BridgeFile | None:
    """Returns a project's declared commands, None where it has no file. Raises BridgeFileError."""
    try:
        return parse(plain_file.read(path(project)))
    except plain_file.MissingFileError:
        return None
    except FileError as error:
        raise BridgeFileError(error) from error


def parse(data: bytes) -> BridgeFile:
    """Returns the commands in a file's content. Raises BridgeFileError, whatever the content is."""
    # PyYAML takes 15 ms to load, and most projects have no bridge.yaml.
    from aidevcontainer.bridge import yaml_nodes

    try:
        return _file(yaml_nodes.parse(data))
    except FileError as error:
        raise BridgeFileError(error) from error


def _file(root: Node) -> BridgeFile:
    top = _keys(root, "the file", _TOP)
    _require(root, top, ("version", "containers", "commands"))
    _check_version(top["version"])
    entries = _entries(
        top["containers"], "containers", _ALIAS, "a container's name here: letters, digits and ._- only"
    )
    containers = {alias: _container(alias, node) for alias, node in entries.items()}
    default = _default(top.get("default_container"), containers)
    entries = _entries(
        top["commands"], "commands", _COMMAND, "a command's name: letters, digits and ._+- only"
    )
    commands = {name: _command(name, node, default, containers) for name, node in entries.items()}
    return BridgeFile({alias: each.target for alias, each in containers.items()}, commands)


def _check_version(node: Node) -> None:
    version = _plain(node, "version")
    if version != VERSION:
        raise FileError(
            node.line,
            f"version '{version}' is not supported, only '{VERSION}'. A newer template may support it: "
            "./.aidevcontainer/update",
        )


def _default(node: Node | None, containers: dict[str, _DeclaredContainer]) -> str:
    if node is not None:
        return _alias(node, containers)
    return next(iter(containers)) if len(containers) == 1 else ""


def _container(alias: str, node: Node) -> _DeclaredContainer:
    what = f"the container '{alias}'"
    if isinstance(node.value, str):
        return _DeclaredContainer(Target(alias, _matching(node, f"the name of {what}", _NAME)), RunOptions())
    keys = _keys(node, what, _OF_CONTAINER)
    if ("name" in keys) == ("service" in keys):
        raise FileError(node.line, f"{what} needs either 'name' or 'service'")
    if "project" in keys and "service" not in keys:
        raise FileError(keys["project"].line, "'project' is allowed only beside 'service'")
    name, service, project = (
        _matching(keys[key], f"'{key}' of {what}", _NAME) if key in keys else ""
        for key in ("name", "service", "project")
    )
    return _DeclaredContainer(Target(alias, name, service, project), _options(keys, what, RunOptions()))


def _command(name: str, node: Node, default: str, containers: dict[str, _DeclaredContainer]) -> FileCommand:
    if name in RESERVED:
        raise FileError(
            node.line,
            f"the agent container needs its own '{name}'. Choose another name, such as 'project-{name}' "
            f"with 'exec: {name}'",
        )
    what = f"the command '{name}'"
    keys = {} if node.value == "" else _keys(node, what, _OF_COMMAND)
    alias = _alias(keys["container"], containers) if "container" in keys else default
    if not alias:
        raise FileError(node.line, f"{what} needs a 'container', because there is no 'default_container'")
    words = _exec(keys["exec"], what) if "exec" in keys else (name,)
    options = _options(keys, what, containers[alias].options)
    command = FileCommand(node.line, name, containers[alias].target, words, options)
    # The broker checks again, but cannot name the line.
    for sentence in declaration.check(command.in_container("name")):
        raise FileError(node.line, sentence)
    return command


def _options(keys: dict[str, Node], what: str, default: RunOptions) -> RunOptions:
    readers: dict[str, Callable[[Node, str], Any]]
    readers = {"workdir": _path, "paths": _paths, "environment": _names, "user": _plain}
    found = {key: read(keys[key], f"'{key}' of {what}") for key, read in readers.items() if key in keys}
    return default._replace(**found)


def _paths(node: Node, what: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(node.value, dict):
        raise FileError(node.line, f"{what} must be pairs such as '{WORKSPACE}: /app'")
    for inside, outside in node.value.items():
        if declaration.folder_problem(inside) or not f"{inside}/".startswith(f"{WORKSPACE}/"):
            raise FileError(outside.line, f"'{inside}' must be {WORKSPACE} or a folder below it")
    return tuple((inside, _path(at, f"the folder for '{inside}'")) for inside, at in node.value.items())


def _exec(node: Node, what: str) -> tuple[str, ...]:
    words: list[str] = []
    if isinstance(node.value, list):
        words = [_plain(item, f"a word of 'exec' of {what}") for item in node.value]
    elif isinstance(node.value, str):
        try:
            words = shlex.split(node.value)
        except ValueError as error:
            raise FileError(
                node.line, f"'exec' of {what} has an open quote or a trailing backslash"
            ) from error
    if not words or not words[0]:
        raise FileError(node.line, f"'exec' of {what} must be a program and its first arguments")
    return tuple(words)


def _names(node: Node, what: str) -> tuple[str, ...]:
    if not isinstance(node.value, list):
        raise FileError(node.line, f"{what} must be a list of names, such as [APP_ENV]")
    return tuple(dict.fromkeys(_plain(item, f"a name in {what}") for item in node.value))


def _entries(node: Node, key: str, allowed: re.Pattern[str], what: str) -> dict[str, Node]:
    if not isinstance(node.value, dict) or not node.value:
        raise FileError(node.line, f"'{key}' must have at least one entry")
    for name, entry in node.value.items():
        if not allowed.fullmatch(name):
            raise FileError(entry.line, f"'{name}' cannot be {what}")
    return node.value


def _keys(node: Node, what: str, known: tuple[str, ...]) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise FileError(node.line, f"{what} must have keys ({', '.join(known)})")
    for key, value in node.value.items():
        if key not in known:
            hint = _nearest(key, known) or f"Its keys are {', '.join(known)}"
            raise FileError(value.line, f"'{key}' is not a key of {what}. {hint}")
    return node.value


def _require(node: Node, keys: dict[str, Node], needed: tuple[str, ...]) -> None:
    missing = next((key for key in needed if key not in keys), "")
    if missing:
        raise FileError(node.line, f"'{missing}' is missing")


def _alias(node: Node, containers: dict[str, _DeclaredContainer]) -> str:
    name = _plain(node, "a container's name")
    if name not in containers:
        hint = _nearest(name, tuple(containers))
        raise FileError(node.line, f"'{name}' is not one of the 'containers'. {hint}".rstrip(". "))
    return name


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean '{close[0]}'" if close else ""


def _matching(node: Node, what: str, allowed: re.Pattern[str]) -> str:
    text = _plain(node, what)
    if not allowed.fullmatch(text):
        raise FileError(node.line, f"'{text}' cannot be {what}")
    return text


def _path(node: Node, what: str) -> str:
    text = _plain(node, what)
    problem = declaration.folder_problem(text)
    if problem:
        raise FileError(node.line, f"{what}: {problem}")
    return text


def _plain(node: Node, what: str) -> str:
    if not isinstance(node.value, str):
        raise FileError(node.line, f"{what} must be a text")
    return node.value
