"""What a project has in the container engine: found by Compose's labels, removed by name."""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.bridge import switch
from aidevcontainer.engine import volumes
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.project import env_file as envfile
from aidevcontainer.util.errors import Problem

_PROJECT = "label=com.docker.compose.project="
_ROLE = "label=aidevcontainer.role=claude"
# Services of the project's own may have images under the same label.
_IMAGE = "aidevcontainer:"
_ENDING = "10"  # seconds, of which the broker takes up to eight to end what it started


class Leftovers(NamedTuple):
    """Names of everything that belongs to one project alone. `sign_in` is among `volumes`, or empty."""

    containers: list[str]
    networks: list[str]
    volumes: list[str]
    images: list[str]
    sign_in: str = ""

    def rows(self) -> list[tuple[str, str]]:
        """Return what to show, as kind and name."""
        return [
            *(("container", name) for name in self.containers),
            *(("network", name) for name in self.networks),
            *(("volume", _volume(name, self.sign_in)) for name in self.volumes),
            *(("image", name) for name in self.images),
        ]


NOTHING = Leftovers([], [], [], [])


def collect(docker: Docker, keep_sign_in: bool) -> Leftovers:
    """Ask the engine. Raises Problem."""
    name = docker.project.name()
    mine = f"{_PROJECT}{name}"
    config = f"{name}_config"
    containers = _names(docker, "container", "ls", "--all", "--filter", mine, "--format", "{{.Names}}")
    networks = _names(docker, "network", "ls", "--filter", mine, "--format", "{{.Name}}")
    volumes = _names(docker, "volume", "ls", "--filter", mine, "--format", "{{.Name}}")
    if keep_sign_in:
        volumes = [volume for volume in volumes if volume != config]
    others = _others(docker, containers)
    if not others:
        volumes += _shared(docker)
    images = [each for each in _images(docker) if not _used(docker, each, containers)]
    return Leftovers(containers, networks, volumes, images, config if config in volumes else "")


def remove(docker: Docker, found: Leftovers) -> list[str]:
    """Remove everything, in the order in which it depends on each other; return what the engine kept and why.

    Raises Problem where a container cannot be removed, since all the rest hangs on it.
    """
    if found.containers:
        _stop_bridge(docker, found.containers)
        docker.check("remove the containers", "rm", "--force", "--volumes", *found.containers)
    kept = []
    for kind, names in (("network", found.networks), ("volume", found.volumes), ("image", found.images)):
        for name in names:
            result = docker.run(kind, "rm", name)
            if result.code:
                kept.append(f"The {kind} {name} stays: {result.err.strip()}")
    return kept


def _stop_bridge(docker: Docker, containers: list[str]) -> None:
    # Killed, it could not end what it started in the project's own containers.
    bridge = switch.container_name(docker.project.name())
    if bridge in containers:
        docker.run("stop", "--time", _ENDING, bridge)


def by_hand(name: str) -> str:
    """Return the commands that remove what stays where the engine cannot be asked."""
    return (
        f"docker stop {name}-bridge-1; docker rm --force {name}-claude-1 {name}-firewall-1 {name}-bridge-1; "
        f"docker network rm {name}_default; docker volume rm {name}_config {name}_state {name}_bridge"
    )


def _names(docker: Docker, *question: str) -> list[str]:
    return sorted(docker.check("ask the container engine", *question).split())


def _others(docker: Docker, own: list[str]) -> list[str]:
    found = _names(docker, "container", "ls", "--all", "--filter", _ROLE, "--format", "{{.Names}}")
    return [name for name in found if name not in own]


def _shared(docker: Docker) -> list[str]:
    # Another project that is down unpacks Claude anew, which takes two seconds.
    question = ("volume", "ls", "--filter", f"name=^{volumes.SHARED}$", "--format", "{{.Name}}")
    return _names(docker, *question)


def _images(docker: Docker) -> list[str]:
    """Return the image that the project uses, and those of earlier versions that were built for it."""
    label = f"{_PROJECT}{docker.project.name()}"
    question = ("image", "ls", "--filter", label, "--format", "{{.Repository}}:{{.Tag}}")
    built = {name for name in _names(docker, *question) if name.startswith(_IMAGE)}
    used = envfile.read(docker.project.env_file).get("AIDEVCONTAINER_IMAGE", "")
    try:
        return sorted(built | ({used} if used and docker.has_image(used) else set()))
    except Problem:
        return sorted(built)


def _used(docker: Docker, image: str, own: list[str]) -> bool:
    question = ("container", "ls", "--all", "--filter", f"ancestor={image}", "--format", "{{.Names}}")
    return any(name not in own for name in _names(docker, *question))


def _volume(name: str, sign_in: str) -> str:
    if name == volumes.SHARED:
        return f"{name} (Claude's program; this is the last project that uses it)"
    return f"{name} (Claude's sign-in and history)" if name == sign_in else name
