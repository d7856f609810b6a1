"""Builds a project's image although it may be there already."""

from __future__ import annotations

from aidevcontainer.engine import build, claude_pin, image
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.lifecycle import configure
from aidevcontainer.util.console import Console


def run(docker: Docker, console: Console, *, fresh: bool) -> None:
    """Builds the image, with nothing reused if it is to be `fresh`. Raises Problem."""
    made = configure.run(docker, console, waits=True)
    claude_pin.require_merged(docker.project)
    image.announce(docker.project, console)
    build.run(made.docker, console, *(["--no-cache"] if fresh else []))
