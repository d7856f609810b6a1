"""The image, named after everything that goes into it: if that name exists, no build is needed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from aidevcontainer.engine import build, claude_pin
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.project import manifest
from aidevcontainer.project.paths import Project
from aidevcontainer.util import lock
from aidevcontainer.util.console import Console

# Without the proxies, which do not change the result.
ARGUMENTS = ("ALPINE_IMAGE", "ALPINE_MIRROR", "NPM_REGISTRY", "CLAUDE_UID", "CLAUDE_GID")


def name(project: Project, values: dict[str, str]) -> str:
    """Returns the image's name: `aidevcontainer:` and 16 hex digits over files, modes, arguments and ids."""
    digest = hashlib.sha256()
    for path in _files(project.folder):
        relative = os.path.relpath(path, project.folder)
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
        digest.update(
            f"{relative}\0{os.access(path, os.X_OK)}\0{content}\n".encode("utf-8", "surrogateescape")
        )
    for argument in ARGUMENTS:
        digest.update(f"{argument}={values.get(argument, '')}\n".encode())
    return f"aidevcontainer:{digest.hexdigest()[:16]}"


def ensure(docker: Docker, values: dict[str, str], console: Console) -> None:
    """Builds the image unless it exists. Two callers at once build once. Raises Problem."""
    claude_pin.require_merged(docker.project)
    wanted = values["AIDEVCONTAINER_IMAGE"]
    if docker.has_image(wanted):
        return
    with lock.held(
        wanted.replace(":", "-"), lambda: console.say("Waiting for another build of the same image.")
    ):
        if not docker.has_image(wanted):
            announce(docker.project, console)
            build.run(docker, console)


def announce(project: Project, console: Console) -> None:
    """Tells a person what the build downloads."""
    console.say(
        f"Building the image. This downloads Alpine packages and Claude Code {claude_version(project)} "
        "(about 170 MB), unless this machine has them already."
    )


def claude_version(project: Project) -> str:
    """Returns the pinned version, empty where the pin cannot be read."""
    try:
        with open(os.path.join(project.folder, "claude.pin"), encoding="utf-8", errors="replace") as file:
            words = [line.split() for line in file]
    except OSError:
        return ""
    return next((pair[1] for pair in words if len(pair) == 2 and pair[0] == "version"), "")


def _files(folder: str) -> Iterator[str]:
    for source in manifest.image_sources():
        path = os.path.join(folder, source)
        if os.path.isfile(path):
            yield path
        for directory, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (os.path.join(directory, file) for file in sorted(files))
