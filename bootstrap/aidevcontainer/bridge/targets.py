"""From what bridge.yaml calls a container to the engine's name of it.

Compose labels what it creates. A `service` is found by that, so that every clone and worktree means its own,
and by Compose's rule for names where the container does not exist yet.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from aidevcontainer.bridge import compose
from aidevcontainer.bridge.file import Target
from aidevcontainer.engine import diagnosis
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util.errors import Problem

_LABELS = ("service", "project", "project.working_dir", "container-number")
_COLUMNS = ["{{.Names}}", *(f'{{{{.Label "com.docker.compose.{label}"}}}}' for label in _LABELS)]


class Found(NamedTuple):
    """A container that Compose made; `folder` is that of its Compose file."""

    name: str
    service: str
    project: str
    folder: str
    number: int


class Container(NamedTuple):
    """The engine's name of a target, and of a service what Compose's labels must say of it."""

    name: str
    service: str = ""
    project: str = ""
    folders: tuple[str, ...] = ()


def containers(docker: Docker, targets: dict[str, Target]) -> dict[str, Container]:
    """Return the container of each target, by alias. Raises Problem when the engine cannot be asked."""
    services = any(target.service for target in targets.values())
    existing = _existing(docker) if services else []
    return {
        alias: _of_service(target, existing, docker.project.root)
        if target.service
        else Container(target.container)
        for alias, target in targets.items()
    }


def _of_service(target: Target, existing: list[Found], root: str) -> Container:
    fitting = [each for each in existing if each.service == target.service and _belongs(each, target, root)]
    if fitting:
        # The nearest to the repository's root, then the first of several replicas.
        nearest = min(fitting, key=lambda each: (len(each.folder), each.project, each.number))
        folders = tuple(dict.fromkeys((nearest.folder, *_spellings(root))))
        return Container(nearest.name, nearest.service, nearest.project, folders)
    name = compose.container_name(root, target.service, target.project)
    return Container(name, target.service, target.project, () if target.project else _spellings(root))


def _spellings(root: str) -> tuple[str, ...]:
    """Return a real path, and how a person reaches it: Compose notes links on the way as they were typed."""
    found = {root: None}
    for typed in (os.environ.get("PWD", ""), os.environ.get("HOME", "")):
        real = os.path.realpath(typed) if typed.startswith("/") else ""
        if real and f"{root}/".startswith(f"{real}/"):
            found[typed.rstrip("/") + root[len(real) :]] = None
        elif real.startswith(f"{root}/") and typed.endswith(real[len(root) :]):
            found[typed[: -len(real[len(root) :])]] = None
    return tuple(found)


def _belongs(found: Found, target: Target, root: str) -> bool:
    if target.project:
        return found.project == target.project
    return f"{os.path.realpath(found.folder)}/".startswith(f"{root}/")


def _existing(docker: Docker) -> list[Found]:
    result = docker.run(
        *("ps", "--all", "--no-trunc", "--filter", "label=com.docker.compose.service"),
        *("--filter", "label=com.docker.compose.oneoff=False", "--format", "\t".join(_COLUMNS)),
    )
    if result.code:
        raise Problem(diagnosis.explain("ask the container engine", result.err))
    found = (line.split("\t") for line in result.out.splitlines())
    return [_found(fields) for fields in found if len(fields) == len(_COLUMNS)]


def _found(fields: list[str]) -> Found:
    name, service, project, folder, number = fields
    return Found(name, service, project, folder, int(number) if number.isdigit() else 0)
