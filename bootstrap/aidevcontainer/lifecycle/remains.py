"""What an uninstall leaves on the machine for other projects: where, how large, and how to remove it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from aidevcontainer.engine import volumes
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util import cache, sizes
from aidevcontainer.util.errors import Problem

# Its images and volumes are larger than everything else.
_ENGINE = "engine"


def in_engine(docker: Docker, project: str) -> Iterator[str]:
    """Yields sentences about the container engine, while the project's folder is there. Never raises."""
    for name in (f"{project}_config", volumes.SHARED):
        if name in _volumes(docker):
            yield f"The volume {name} stays. To remove it: docker volume rm {name}"
    yield (
        "The engine keeps base images and its build cache. To see how large they are: docker system df. To "
        "remove what nothing uses: docker builder prune && docker image prune"
    )


def _volumes(docker: Docker) -> list[str]:
    try:
        return docker.run("volume", "ls", "--format", "{{.Name}}").out.split()
    except Problem:
        return []


def on_disk() -> str:
    """Returns a sentence about the cache, or nothing where there is none. Raises OSError."""
    folder = cache.directory()
    if not os.path.isdir(folder):
        return ""
    parts = [name for name in sorted(os.listdir(folder)) if os.path.isdir(os.path.join(folder, name))]
    parts = [f"{name} {sizes.shown(os.path.join(folder, name))}" for name in parts]
    detail = f" ({', '.join(parts)})" if parts else ""
    first = ""
    if os.path.isdir(os.path.join(folder, _ENGINE)):
        first = (
            "python3 bootstrap --remove-engine (in a clone of the template, for the private engine), then "
        )
    return (
        f"The cache that all projects share stays: {_with_tilde(folder)}{detail}. To remove it when no "
        f"project needs it: {first}rm -rf {shlex.quote(folder)}"
    )


def _with_tilde(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(f"{home}/") else path
