"""A project's belongings in the container engine: found by Compose's labels, removed by name."""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.bridge import switch
from aidevcontainer.engine import volumes
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.project import env_file
from aidevcontainer.util.errors import Problem

_PROJECT = "label=com.docker.compose.project="
_ROLE = "label=aidevcontainer.role=claude"
# Services of the project's own may have images under the same label.
_IMAGE = "aidevcontainer:"
_STOP_SECONDS = "10"  # the broker takes up to eight of them to end the commands that it started


class Leftovers(NamedTuple):
    """Names of everything that belongs to one project alone. `sign_in` is one of `volumes`, or empty."""

    containers: list[str]
    networks: list[str]
    volumes: list[str]
    images: list[str]
    sign_in: str = ""

    def rows(self) -> list[tuple[str, str]]:
        """Returns everything as kind and name, for a person."""
        return [
            *(("container", name) for name in self.containers),
            *(("network", name) for name in self.networks),
            *(("volume", _volume(name, self.sign_in)) for name in self.volumes),
            *(("image", name) for name in self.images),
        ]


NOTHING = Leftovers([], [], [], [])


def collect(docker: Docker, keep_sign_in: bool) -> Leftovers:
    """Asks the engine. Raises Problem."""
    name = docker.project.name()
    mine = f"{_PROJECT}{name}"
    containers = _names(docker, "container", "ls", "--all", "--filter", mine, "--format", "{{.Names}}")
    networks = _names(docker, "network", "ls", "--filter", mine, "--format", "{{.Name}}")
    found = _volumes(docker, mine, containers)
    sign_in = f"{name}_config"
    if keep_sign_in:
        found = [volume for volume in found if volume != sign_in]
    images = [each for each in _images(docker) if not _is_used(docker, each, containers)]
    return Leftovers(containers, networks, found, images, sign_in if sign_in in found else "")


def remove(docker: Docker, found: Leftovers) -> list[str]:
    """Removes everything, dependents first; returns sentences about the things that the engine kept.

    Raises Problem where a container cannot be removed, since everything else depends on it.
    """
    if found.containers:
        _stop_bridge(docker, found.containers)
        docker.check("remove the containers", "rm", "--force", "--volumes", *found.containers)
    kept = []
    for kind, names in (("network", found.networks), ("volume", found.volumes), ("image", found.images)):
        for name in names:
            result = docker.run(kind, "rm", name)
            if result.code:
                later = f"To remove it later: docker {kind} rm {name}"
                kept.append(f"The {kind} {name} stays: {result.err.strip()}\n{later}")
    return kept


def by_hand(name: str) -> str:
    """Returns the commands that remove a project's belongings later, by hand."""
    return (
        f"docker stop {name}-bridge-1; docker rm --force {name}-claude-1 {name}-firewall-1 {name}-bridge-1; "
        f"docker network rm {name}_default; "
        f"docker volume rm {name}_config {name}_state {name}_bridge {name}_limits"
    )


def _stop_bridge(docker: Docker, containers: list[str]) -> None:
    # A killed broker could not end the commands that it started in the project's own containers.
    bridge = switch.container_name(docker.project.name())
    if bridge in containers:
        docker.run("stop", "--time", _STOP_SECONDS, bridge)


def _names(docker: Docker, *question: str) -> list[str]:
    return sorted(docker.check("ask the container engine", *question).split())


def _volumes(docker: Docker, mine: str, containers: list[str]) -> list[str]:
    own = _names(docker, "volume", "ls", "--filter", mine, "--format", "{{.Name}}")
    agents = _names(docker, "container", "ls", "--all", "--filter", _ROLE, "--format", "{{.Names}}")
    if any(name not in containers for name in agents):
        return own
    # Another project without a container unpacks Claude again, which takes two seconds.
    shared = ("volume", "ls", "--filter", f"name=^{volumes.SHARED}$", "--format", "{{.Name}}")
    return own + _names(docker, *shared)


def _images(docker: Docker) -> list[str]:
    """Returns the image that the project uses, and those of earlier versions that were built for it."""
    label = f"{_PROJECT}{docker.project.name()}"
    question = ("image", "ls", "--filter", label, "--format", "{{.Repository}}:{{.Tag}}")
    built = {name for name in _names(docker, *question) if name.startswith(_IMAGE)}
    used = env_file.read(docker.project.env_file).get("AIDEVCONTAINER_IMAGE", "")
    try:
        return sorted(built | ({used} if used and docker.has_image(used) else set()))
    except Problem:
        return sorted(built)


def _is_used(docker: Docker, image: str, own: list[str]) -> bool:
    question = ("container", "ls", "--all", "--filter", f"ancestor={image}", "--format", "{{.Names}}")
    return any(name not in own for name in _names(docker, *question))


def _volume(name: str, sign_in: str) -> str:
    if name == volumes.SHARED:
        return f"{name} (Claude's program; this is the last project that uses it)"
    return f"{name} (Claude's sign-in and history)" if name == sign_in else name
