"""Finds the engine's container for each name in bridge.yaml.

A `service` is found by the labels that Compose sets, so that every clone and worktree gets its own. Where the
container does not exist yet, Compose's rule for names applies.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from aidevcontainer.bridge.file import Target
from aidevcontainer.engine import diagnosis
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.git import layout
from aidevcontainer.util.errors import Problem

_LABELS = ("service", "project", "project.working_dir", "container-number")
_COLUMNS = ["{{.Names}}", *(f'{{{{.Label "com.docker.compose.{label}"}}}}' for label in _LABELS)]


class ComposeContainer(NamedTuple):
    """A container that Compose created. `folder` is the folder of its Compose file."""

    name: str
    service: str
    project: str
    folder: str
    number: int


class ResolvedTarget(NamedTuple):
    """The engine's name of a target, and for a service the values that Compose's labels must have."""

    name: str
    service: str = ""
    project: str = ""
    folders: tuple[str, ...] = ()


def containers(docker: Docker, targets: dict[str, Target]) -> dict[str, ResolvedTarget]:
    """Returns the container of each target, by alias. Raises Problem where the engine does not answer."""
    services = any(target.service for target in targets.values())
    existing = _existing(docker) if services else []
    return {
        alias: _of_service(target, existing, docker.project.root)
        if target.service
        else ResolvedTarget(target.container)
        for alias, target in targets.items()
    }


def _of_service(target: Target, existing: list[ComposeContainer], root: str) -> ResolvedTarget:
    fitting = [each for each in existing if each.service == target.service and _belongs(each, target, root)]
    if fitting:
        # The one nearest to the repository's root, then the first of several replicas.
        nearest = min(fitting, key=lambda each: (len(each.folder), each.project, each.number))
        folders = tuple(dict.fromkeys((nearest.folder, *_spellings(root))))
        return ResolvedTarget(nearest.name, nearest.service, nearest.project, folders)
    # PyYAML takes 15 ms to load, and a service that exists does not need it.
    from aidevcontainer.bridge import compose

    name = compose.container_name(root, target.service, target.project)
    return ResolvedTarget(name, target.service, target.project, () if target.project else _spellings(root))


def _spellings(root: str) -> tuple[str, ...]:
    """Returns a real path and its spellings by links, because Compose records the path as it was typed."""
    found = {root: None}
    for typed in (os.environ.get("PWD", ""), os.environ.get("HOME", "")):
        real = os.path.realpath(typed).rstrip("/") if typed.startswith("/") else ""
        if real and layout.within(f"{root}/", real):
            found[typed.rstrip("/") + root[len(real) :]] = None
        elif layout.within(real, root) and typed.endswith(real[len(root) :]):
            found[typed[: -len(real[len(root) :])]] = None
    return tuple(found)


def _belongs(found: ComposeContainer, target: Target, root: str) -> bool:
    if target.project:
        return found.project == target.project
    return layout.within(f"{os.path.realpath(found.folder)}/", root)


def _existing(docker: Docker) -> list[ComposeContainer]:
    result = docker.run(
        *("ps", "--all", "--no-trunc", "--filter", "label=com.docker.compose.service"),
        *("--filter", "label=com.docker.compose.oneoff=False", "--format", "\t".join(_COLUMNS)),
    )
    if result.code:
        raise Problem(diagnosis.explain("ask the container engine", result.err))
    found = (line.split("\t") for line in result.out.splitlines())
    return [_found(fields) for fields in found if len(fields) == len(_COLUMNS)]


def _found(fields: list[str]) -> ComposeContainer:
    name, service, project, folder, number = fields
    return ComposeContainer(name, service, project, folder, int(number) if number.isdigit() else 0)
