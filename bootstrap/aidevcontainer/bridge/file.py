"""`.aidevcontainer/bridge.yaml`: which commands run in which of the project's containers (docs/bridge.md).

Read on the host alone: the broker gets what a person put into force, never the file of whichever branch is
there.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
from typing import NamedTuple

from aidevcontainer.bridge import document
from aidevcontainer.bridge.broker import declaration
from aidevcontainer.bridge.broker.declaration import WORKSPACE
from aidevcontainer.bridge.broker.reserved import RESERVED
from aidevcontainer.bridge.document import DocumentError, Node
from aidevcontainer.project.paths import Project

NAME = "bridge.yaml"
VERSION = "1"

_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COMMAND = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}")
# Docker's own rule for names of containers, which Compose has for services and projects too.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

_TOP = ("version", "default_container", "containers", "commands")
_PLACE = ("workdir", "paths", "environment", "user")
_OF_CONTAINER = ("name", "service", "project", *_PLACE)
_OF_COMMAND = ("container", "exec", *_PLACE)


class BridgeFileError(ValueError):
    """Why a file is refused as a whole: a sentence with file and line. `line` is 0 for the file as such."""

    def __init__(self, error: DocumentError) -> None:
        place = f"{NAME} line {error.line}" if error.line else NAME
        super().__init__(f"{place}: {error.reason}.")
        self.line = error.line


class Target(NamedTuple):
    """A container: by its `container` name, or as the Compose `service` of a `project`.

    Exactly one of `container` and `service` is set. Without a project, it is a service of the repository's.
    """

    alias: str
    container: str = ""
    service: str = ""
    project: str = ""


class Place(NamedTuple):
    """Where and how a command runs. What is empty is left to the container."""

    workdir: str = ""
    paths: tuple[tuple[str, str], ...] = ()
    environment: tuple[str, ...] = ()
    user: str = ""


class Command(NamedTuple):
    """What a name stands for. `exec` stands before the caller's arguments; `line` is where it is declared."""

    line: int
    name: str
    target: Target
    exec: tuple[str, ...]
    place: Place

    def in_container(
        self, container: str, service: str = "", project: str = "", folders: tuple[str, ...] = ()
    ) -> declaration.Command:
        """Return it as the broker needs it, with its container's exact name, and what it is of Compose's."""
        return declaration.Command(
            name=self.name,
            container=container,
            exec=self.exec,
            workdir=self.place.workdir,
            paths=self.place.paths,
            user=self.place.user,
            environment=self.place.environment,
            service=service,
            project=project,
            folders=folders,
        )


class BridgeFile(NamedTuple):
    """A whole file, in the order of its lines."""

    targets: dict[str, Target]
    commands: dict[str, Command]


class _Container(NamedTuple):
    target: Target
    place: Place


def path(project: Project) -> str:
    """Return where a project's file is, whether there is one or not."""
    return os.path.join(project.folder, NAME)


def load(project: Project) -> BridgeFile | None:
    """Return what a project declares, None where it has no such file. Raises BridgeFileError."""
    try:
        return parse(document.read(path(project)))
    except document.MissingError:
        return None
    except DocumentError as error:
        raise BridgeFileError(error) from error


def parse(data: bytes) -> BridgeFile:
    """Return what a file's content declares. Raises BridgeFileError, whatever the content is."""
    try:
        return _file(document.parse(data))
    except DocumentError as error:
        raise BridgeFileError(error) from error


def _file(root: Node) -> BridgeFile:
    top = _keys(root, "the file", _TOP)
    _require(root, top, ("version", "containers", "commands"))
    _check_version(top["version"])
    entries = _entries(top["containers"], "containers", _ALIAS, "a container's name here")
    containers = {alias: _container(alias, node) for alias, node in entries.items()}
    default = _default(top.get("default_container"), containers)
    entries = _entries(top["commands"], "commands", _COMMAND, "a command's name")
    commands = {name: _command(name, node, default, containers) for name, node in entries.items()}
    return BridgeFile({alias: each.target for alias, each in containers.items()}, commands)


def _check_version(node: Node) -> None:
    version = _plain(node, "version")
    if version != VERSION:
        raise DocumentError(
            node.line,
            f"version '{version}' is not known here, only '{VERSION}' is; newer ones: copier update",
        )


def _default(node: Node | None, containers: dict[str, _Container]) -> str:
    if node is not None:
        return _alias(node, containers)
    return next(iter(containers)) if len(containers) == 1 else ""


def _container(alias: str, node: Node) -> _Container:
    what = f"the container '{alias}'"
    if isinstance(node.value, str):
        return _Container(Target(alias, _matching(node, f"the name of {what}", _NAME)), Place())
    keys = _keys(node, what, _OF_CONTAINER)
    if ("name" in keys) == ("service" in keys):
        raise DocumentError(node.line, f"{what} needs either 'name' or 'service'")
    if "project" in keys and "service" not in keys:
        raise DocumentError(keys["project"].line, "'project' goes with 'service' only")
    name, service, project = (
        _matching(keys[key], f"'{key}' of {what}", _NAME) if key in keys else ""
        for key in ("name", "service", "project")
    )
    return _Container(Target(alias, name, service, project), _place(keys, what, Place()))


def _command(name: str, node: Node, default: str, containers: dict[str, _Container]) -> Command:
    if name in RESERVED:
        raise DocumentError(
            node.line,
            f"the agent's own container needs '{name}' as it is. Give it another name, such as "
            f"'project-{name}', with 'exec: {name}'",
        )
    what = f"the command '{name}'"
    keys = {} if node.value == "" else _keys(node, what, _OF_COMMAND)
    alias = _alias(keys["container"], containers) if "container" in keys else default
    if not alias:
        raise DocumentError(node.line, f"{what} names no 'container', and there is no 'default_container'")
    words = _exec(keys["exec"], what) if "exec" in keys else (name,)
    place = _place(keys, what, containers[alias].place)
    command = Command(node.line, name, containers[alias].target, words, place)
    # The broker's own check has the last word, and cannot know lines.
    for sentence in declaration.check(command.in_container("name")):
        raise DocumentError(node.line, sentence)
    return command


def _place(keys: dict[str, Node], what: str, default: Place) -> Place:
    place = default
    if "workdir" in keys:
        place = place._replace(workdir=_path(keys["workdir"], f"'workdir' of {what}"))
    if "paths" in keys:
        place = place._replace(paths=_paths(keys["paths"], f"'paths' of {what}"))
    if "environment" in keys:
        place = place._replace(environment=_names(keys["environment"], f"'environment' of {what}"))
    if "user" in keys:
        place = place._replace(user=_plain(keys["user"], f"'user' of {what}"))
    return place


def _paths(node: Node, what: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(node.value, dict):
        raise DocumentError(node.line, f"{what} must be pairs such as '{WORKSPACE}: /app'")
    for inside, outside in node.value.items():
        if declaration.folder_problem(inside) or not f"{inside}/".startswith(f"{WORKSPACE}/"):
            raise DocumentError(outside.line, f"'{inside}' must be {WORKSPACE} or a folder below it")
    return tuple((inside, _path(at, f"the place of '{inside}'")) for inside, at in node.value.items())


def _exec(node: Node, what: str) -> tuple[str, ...]:
    words: list[str] = []
    if isinstance(node.value, list):
        words = [_plain(item, f"a word of 'exec' of {what}") for item in node.value]
    elif isinstance(node.value, str):
        try:
            words = shlex.split(node.value)
        except ValueError as error:
            raise DocumentError(
                node.line, f"'exec' of {what} has a quote or backslash without its end"
            ) from error
    if not words or not words[0]:
        raise DocumentError(
            node.line, f"'exec' of {what} must be a program, and what stands before its arguments"
        )
    return tuple(words)


def _names(node: Node, what: str) -> tuple[str, ...]:
    if not isinstance(node.value, list):
        raise DocumentError(node.line, f"{what} must be a list of names, such as [APP_ENV]")
    return tuple(dict.fromkeys(_plain(item, f"a name in {what}") for item in node.value))


def _entries(node: Node, key: str, allowed: re.Pattern[str], what: str) -> dict[str, Node]:
    if not isinstance(node.value, dict) or not node.value:
        raise DocumentError(node.line, f"'{key}' must have at least one entry")
    for name, entry in node.value.items():
        if not allowed.fullmatch(name):
            raise DocumentError(entry.line, f"'{name}' cannot be {what}: letters, digits and ._- only")
    return node.value


def _keys(node: Node, what: str, known: tuple[str, ...]) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise DocumentError(node.line, f"{what} must have keys ({', '.join(known)})")
    for key, value in node.value.items():
        if key not in known:
            hint = _nearest(key, known) or f"It may have {', '.join(known)}"
            raise DocumentError(value.line, f"'{key}' means nothing in {what}. {hint}")
    return node.value


def _require(node: Node, keys: dict[str, Node], needed: tuple[str, ...]) -> None:
    missing = next((key for key in needed if key not in keys), "")
    if missing:
        raise DocumentError(node.line, f"'{missing}' is missing")


def _alias(node: Node, containers: dict[str, _Container]) -> str:
    name = _plain(node, "a container's name")
    if name not in containers:
        hint = _nearest(name, tuple(containers))
        raise DocumentError(node.line, f"'{name}' is not among the 'containers'. {hint}".rstrip(". "))
    return name


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean '{close[0]}'" if close else ""


def _matching(node: Node, what: str, allowed: re.Pattern[str]) -> str:
    text = _plain(node, what)
    if not allowed.fullmatch(text):
        raise DocumentError(node.line, f"'{text}' cannot be {what}")
    return text


def _path(node: Node, what: str) -> str:
    text = _plain(node, what)
    problem = declaration.folder_problem(text)
    if problem:
        raise DocumentError(node.line, f"{what}: {problem}")
    return text


def _plain(node: Node, what: str) -> str:
    if not isinstance(node.value, str):
        raise DocumentError(node.line, f"{what} must be a text")
    return node.value
