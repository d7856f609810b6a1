"""Containers and volumes of a directory that was moved: they belong to the old path."""

from __future__ import annotations

import os

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.project import names


def sentence(docker: Docker, recorded: dict[str, str]) -> str:
    """Returns what to do about the place that `.env` came from, or an empty string. Raises Problem.

    A place that still exists is the original of a copy and keeps its containers.
    """
    before, name = recorded.get("AIDEVCONTAINER_WORKSPACE", ""), recorded.get("COMPOSE_PROJECT_NAME", "")
    if not before or not name or before == docker.project.root or os.path.isdir(before):
        return ""
    listed = docker.run("volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={name}")
    volumes = listed.out.split()
    if f"{name}_config" not in volumes:
        return ""
    return _advice(before, name, names.project_name(docker.project.root), recorded, volumes)


def _advice(before: str, name: str, new: str, recorded: dict[str, str], volumes: list[str]) -> str:
    image = recorded.get("AIDEVCONTAINER_IMAGE", "alpine")
    return (
        f"This directory was {before} before, and has new containers here. The old containers still exist. "
        "To bring Claude's sign-in and memory along, before the first session:\n"
        f"  docker run --rm --user root --entrypoint cp -v {name}_config:/from:ro -v {new}_config:/to "
        f"{image} -a /from/. /to\n"
        "To remove what the old place left:\n"
        f"  docker compose --project-name {name} down && docker volume rm {' '.join(sorted(volumes))}"
    )
