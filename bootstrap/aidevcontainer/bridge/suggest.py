"""Suggests a bridge.yaml from the project's own Compose files.

It is only a suggestion: a person reads and saves it, so no branch puts a command into force.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from aidevcontainer.bridge import compose, plain_file
from aidevcontainer.bridge.broker.declaration import WORKSPACE, folder_problem
from aidevcontainer.bridge.compose import Service
from aidevcontainer.bridge.file import VERSION
from aidevcontainer.git import layout

_TOOLS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "tools.yml")
# Bounded, because a branch may have written the file so that a search of it takes hours.
_FROM = re.compile(r"(?mi)^[ \t]{0,64}FROM[ \t]{1,64}(?:--\S{1,128}[ \t]{1,64}){0,8}(\S{1,512})")
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_HEAD = """\
# The commands that the agent may run in this project's own containers. Delete the ones it does not need: with
# a shell, an interpreter or a package manager, it can do whatever the container's user can do in there.
# After a change: ./.aidevcontainer/container bridge reload. All keys: .aidevcontainer/README.md
"""
_NOTHING = """\
# No image was recognized. NAME is the command that the agent types, PROGRAM is the program that runs.
"""


class ServiceSuggestion(NamedTuple):
    """A useful service: how it was recognized, its folders of the repository, its likely commands."""

    service: str
    known_by: str
    paths: dict[str, str]
    commands: dict[str, str]


class Suggestions(NamedTuple):
    """All useful services. `problems` are sentences about files that could not be read."""

    services: tuple[ServiceSuggestion, ...]
    problems: tuple[str, ...]


def collect(root: str) -> Suggestions:
    """Returns suggestions from a repository's Compose files. Never raises."""
    found = compose.read(root)
    tools = _tools()
    fitting = (service for service in found.services.values() if _SERVICE.fullmatch(service.name))
    suggested = (_suggestion(service, root, tools) for service in fitting)
    problems = found.problems
    if not found.services and not problems:
        problems = ("There is no Compose file in the root of the repository, so this is only an example.",)
    return Suggestions(tuple(each for each in suggested if each.paths or each.commands), problems)


def describe(found: Suggestions) -> str:
    """Returns the file as text. It is valid once it has a command."""
    services = found.services or (ServiceSuggestion("app", "an example", {WORKSPACE: "/app"}, {}),)
    lines = [f'version: "{VERSION}"', "", "containers:"]
    for each in services:
        lines += [f"  {_word(each.service)}: # {each.known_by}", f"    service: {_word(each.service)}"]
        if each.paths:
            lines += [
                "    paths:",
                *(f"      {_word(at)}: {_word(there)}" for at, there in each.paths.items()),
            ]
    known = any(each.commands for each in services)
    lines += ["", *([] if known else _NOTHING.splitlines()), "commands:"]
    taken: set[str] = set()
    for each in services:
        lines += _commands(each, taken)
    return _HEAD + "\n".join(lines) + "\n"


def _commands(service: ServiceSuggestion, taken: set[str]) -> Iterator[str]:
    if not service.commands:
        yield f"  # NAME: {{container: {_word(service.service)}, exec: PROGRAM}}"
    for name, program in service.commands.items():
        keys = [f"container: {_word(service.service)}"] + ([f"exec: {_word(program)}"] if program else [])
        if name in taken:
            keys = [f"container: {_word(service.service)}", f"exec: {_word(program or name)}"]
            yield f"  # {name}-{service.service}: {{{', '.join(keys)}}}"
            continue
        taken.add(name)
        yield f"  {name}: {{{', '.join(keys)}}}"


def _suggestion(service: Service, root: str, tools: dict[str, dict[str, str]]) -> ServiceSuggestion:
    images = [service.image] if service.image else []
    images += _bases(service.dockerfile, root) if service.dockerfile else []
    short = [_short(image) for image in images]
    known = next((name for name in short if name in tools), "")
    by = f"image {known}" if known else "its mount of the repository"
    return ServiceSuggestion(
        service=service.name,
        known_by=f"{service.file}, {by}",
        paths=_paths(service, root),
        commands=tools.get(known, {}),
    )


def _paths(service: Service, root: str) -> dict[str, str]:
    found = {}
    for mount in service.mounts:
        inside = os.path.relpath(mount.source, root)
        folder = WORKSPACE if inside == "." else f"{WORKSPACE}/{inside}"
        # Commands run in folders, and a single file is often a configuration.
        usable = not folder_problem(folder) and not folder_problem(mount.target)
        if usable and not inside.startswith("..") and not os.path.isfile(mount.source):
            found[folder] = mount.target
    return found


def _bases(dockerfile: str, root: str) -> list[str]:
    if not layout.within(dockerfile, root):
        return []
    try:
        text = plain_file.read(dockerfile).decode("utf-8", "replace")
    except plain_file.FileError:
        return []
    # The last stage is the image that runs, and its base may be an earlier stage.
    return [name for name in reversed(_FROM.findall(text)) if name.isprintable()]


def _short(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _tools() -> dict[str, dict[str, str]]:
    with open(_TOOLS, encoding="utf-8") as file:
        rows = yaml.safe_load(file)
    return {
        image: {str(name): str(program or "") for name, program in row["commands"].items()}
        for row in rows
        for image in row["images"]
    }


def _word(text: str) -> str:
    """Returns a YAML scalar that is read back as the same text."""
    if re.fullmatch(r"[A-Za-z0-9/_][A-Za-z0-9/_. -]*[A-Za-z0-9/_.-]|[A-Za-z0-9/_]", text):
        return text
    return "'" + text.replace("'", "''") + "'"
