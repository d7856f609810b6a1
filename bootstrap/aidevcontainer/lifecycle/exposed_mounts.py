"""Mounts that give a container more than the project: an engine's socket, or files that the host obeys."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from aidevcontainer.engine import socket_api
from aidevcontainer.engine.compose_model import AGENT
from aidevcontainer.engine.socket_api import UnreachableError
from aidevcontainer.git import layout, mount_file
from aidevcontainer.git import mounts as git_mounts
from aidevcontainer.lifecycle.weakness import Weakness
from aidevcontainer.project import manifest
from aidevcontainer.project.paths import WORKSPACE, Project
from aidevcontainer.util import cache, light_json

_ENGINES = (
    "/var/run/docker.sock",
    "/run/podman/podman.sock",
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/buildkit/buildkitd.sock",
)
# In the runtime folder or the home folder of a user.
_ENGINES_OF_USER = (
    "docker.sock",
    "podman/podman.sock",
    ".docker/run/docker.sock",
    ".docker/desktop/docker.sock",
    ".colima/default/docker.sock",
    ".rd/docker.sock",
    ".orbstack/run/docker.sock",
)
_SOCKET_NAME = re.compile(
    r"(docker|podman|containerd|crio|cri-dockerd|dockershim|buildkitd)\S*\.sock(\.\S+)?"
)
_SCAFFOLD = f"{WORKSPACE}/.aidevcontainer"
# Git's mounts may have changed since a container was created.
_GIT = (f"{WORKSPACE}/.git/", f"{git_mounts.OUTSIDE}/")


class Mounted(NamedTuple):
    """A mount of something on this machine: a real path here, a path in the container."""

    source: str
    target: str
    writable: bool


class Ground(NamedTuple):
    """A project's own mounts by target, the folders that this machine obeys, and the engine's sockets."""

    root: str
    ours: dict[str, Mounted]
    obeyed: tuple[str, ...]
    sockets: tuple[str, ...]


def ground(project: Project, variables: dict[str, str]) -> Ground:
    """Returns what mounts are compared with."""
    ours = {
        WORKSPACE: Mounted(project.root, WORKSPACE, True),
        _SCAFFOLD: Mounted(project.folder, _SCAFFOLD, False),
        **{each.target: each for each in _git_mounts(project)},
    }
    # A repository's own directory may lie outside of it, as a worktree's does.
    git = tuple(each.source for each in ours.values() if each.target.startswith(git_mounts.OUTSIDE))
    scaffold = (os.path.join(project.folder, each.name.rstrip("/")) for each in manifest.ENTRIES)
    obeyed = (*scaffold, os.path.join(project.root, ".git"), *git, os.path.realpath(cache.directory()))
    return Ground(project.root, ours, obeyed, tuple(_sockets(variables)))


def led_out(service: str, described: dict[str, Any], known: Ground) -> list[Weakness]:
    """Returns the mounts of folders in the workspace that are links out of it: the agent can make them."""
    found = []
    for each in described.get("volumes") or []:
        typed = os.path.normpath(str(each.get("source") or ""))
        real = os.path.realpath(typed)
        own = known.ours.get(str(each.get("target", "")))
        if (
            layout.covers(known.root, typed)
            and not layout.covers(known.root, real)
            and not (own and own.source == real)
        ):
            why = f"is a link to {real}, and the agent can make such links"
            found.append(Weakness(service, "volumes", f"{typed}:{each.get('target')}", why))
    return found


def in_model(service: dict[str, Any], volumes: dict[str, Any], secrets: dict[str, Any]) -> list[Mounted]:
    """Returns the mounts of a service in Compose's form, also those that a volume or a secret leads to."""
    found = []
    for each in service.get("volumes") or []:
        if isinstance(each, dict):
            source = _source(each, volumes)
            found.append((source, str(each.get("target", "")), not each.get("read_only")))
    for each in service.get("secrets") or []:
        if isinstance(each, dict):
            file = (secrets.get(str(each.get("source"))) or {}).get("file")
            found.append((str(file or ""), f"/run/secrets/{each.get('source')}", False))
    return [Mounted(os.path.realpath(at), to, writable) for at, to, writable in found if os.path.isabs(at)]


def of_container(details: dict[str, Any], known: Ground) -> list[Mounted]:
    """Returns the bind mounts of a container, as the engine describes it."""
    found = [
        Mounted(os.path.realpath(each["Source"]), str(each.get("Destination", "")), bool(each.get("RW")))
        for each in details.get("Mounts") or []
        if each.get("Type") == "bind" and each.get("Source")
    ]
    return [each for each in found if each.target in known.ours or not each.target.startswith(_GIT)]


def weaknesses(service: str, mounts: list[Mounted], known: Ground) -> list[Weakness]:
    """Returns the mounts that weaken a service."""
    found = [each for mount in mounts for each in _of_mount(service, mount, known)]
    return found + (list(_replaced(service, mounts, known)) if service == AGENT else [])


def _of_mount(service: str, mount: Mounted, known: Ground) -> Iterator[Weakness]:
    shown = f"{mount.source}:{mount.target}"
    if _is_socket(mount.source, known.sockets):
        yield Weakness(service, "volumes", shown, "gives it the engine's socket, and so this machine")
    elif mount.writable and mount != known.ours.get(mount.target) and _is_obeyed(mount, known):
        why = "lets it write files that programs of this machine obey"
        yield Weakness(service, "volumes", shown, why)


def _is_obeyed(mount: Mounted, known: Ground) -> bool:
    return any(
        layout.covers(mount.source, each) or layout.covers(each, mount.source) for each in known.obeyed
    )


def _replaced(service: str, mounts: list[Mounted], known: Ground) -> Iterator[Weakness]:
    """Returns the writable mounts at places that have to be read-only."""
    for mount in mounts:
        own = known.ours.get(mount.target)
        if own and not own.writable and mount.writable:
            why = "takes the place of a mount that protects this machine"
            yield Weakness(service, "volumes", f"{mount.source}:{mount.target}", why)


def _is_socket(source: str, sockets: tuple[str, ...]) -> bool:
    named = _SOCKET_NAME.fullmatch(os.path.basename(source)) is not None
    return named or any(layout.covers(source, socket) for socket in sockets)


def _sockets(variables: dict[str, str]) -> Iterator[str]:
    # The folder of a socket counts even where no engine runs now: one may start later.
    yield from (os.path.realpath(each) for each in _ENGINES)
    with suppress(UnreachableError):
        yield os.path.realpath(socket_api.connect(variables).path)
    folders = (variables.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.getuid()}", os.path.expanduser("~"))
    paths = (os.path.join(folder, name) for folder in folders if folder for name in _ENGINES_OF_USER)
    yield from (os.path.realpath(path) for path in paths if os.path.exists(path))


def _source(volume: dict[str, Any], volumes: dict[str, Any]) -> str:
    source = str(volume.get("source") or "")
    if volume.get("type") != "volume":
        return source
    # A volume can be a folder of this machine under another name.
    options = (volumes.get(source) or {}).get("driver_opts") or {}
    return str(options.get("device") or "") if "bind" in str(options.get("o", "")) else ""


def _git_mounts(project: Project) -> list[Mounted]:
    found = light_json.fields_of(os.path.join(project.folder, mount_file.FILE))
    service = (found.get("services") or {}).get(AGENT) or {}
    return [
        Mounted(
            _path(project, str(each["source"])), str(each["target"]).replace("$$", "$"), not each["read_only"]
        )
        for each in service.get("volumes") or []
    ]


def _path(project: Project, source: str) -> str:
    return os.path.realpath(os.path.join(project.folder, source.replace("$$", "$")))
