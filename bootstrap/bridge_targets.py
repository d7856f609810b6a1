"""From what bridge.yaml calls a container to the engine's name of it.

Compose labels what it creates. A `service` is found by that, so that every clone and worktree means its own,
and by Compose's rule for names where the container does not exist yet.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from bootstrap import compose_project, diagnosis
from bootstrap.bridge_file import Target
from bootstrap.docker import Docker
from bootstrap.problem import Problem

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
    folder: str = ""


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
        return Container(nearest.name, nearest.service, nearest.project, nearest.folder)
    name = compose_project.container_name(root, target.service, target.project)
    return Container(name, target.service, target.project, "" if target.project else root)


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
