"""What a moved directory left behind: its containers and volumes belong to the old path."""

from __future__ import annotations

import os

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.project import names


def sentence(docker: Docker, recorded: dict[str, str]) -> str:
    """Return what to do about the place that `.env` came from, or empty. Raises Problem.

    A place that is still there is a copy's original and keeps what it has.
    """
    before, name = recorded.get("AIDEVCONTAINER_WORKSPACE", ""), recorded.get("COMPOSE_PROJECT_NAME", "")
    if not before or not name or before == docker.project.root or os.path.isdir(before):
        return ""
    volumes = docker.run("volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={name}")
    if f"{name}_config" not in volumes.out.split():
        return ""
    return _words(before, name, names.project_name(docker.project.root), recorded, volumes.out.split())


def _words(before: str, name: str, new: str, recorded: dict[str, str], volumes: list[str]) -> str:
    image = recorded.get("AIDEVCONTAINER_IMAGE", "alpine")
    return (
        f"This directory was {before} before, and has new containers here. Those of the old place are still "
        "there. To take Claude's sign-in and memory along, before the first session:\n"
        f"  docker run --rm --user root --entrypoint cp -v {name}_config:/from:ro -v {new}_config:/to "
        f"{image} -a /from/. /to\n"
        "To remove what the old place left:\n"
        f"  docker compose --project-name {name} down && docker volume rm {' '.join(sorted(volumes))}"
    )
