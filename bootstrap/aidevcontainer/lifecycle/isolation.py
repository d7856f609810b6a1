"""Whether the containers are as isolated as they promise: in the Compose files, and as they run now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aidevcontainer.engine import runtimes
from aidevcontainer.engine.compose_model import AGENT, BRIDGE, FIREWALL, ComposeModel
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.runtimes import Runtimes
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.lifecycle import exposed_mounts, weakness
from aidevcontainer.lifecycle.exposed_mounts import Ground
from aidevcontainer.lifecycle.weakness import Level, Weakness
from aidevcontainer.util.errors import Problem

_NAMESPACES = ("network_mode", "pid", "ipc")
# The runtime that nobody can give another meaning.
_RESERVED = "runc"
_IMAGES_ENTRYPOINT = ["/sbin/tini", "--"]
_PODMANS_DEFAULTS = 11


def of_model(docker: Docker, model: ComposeModel, settings: Mapping[str, str]) -> list[Weakness]:
    """Returns what weakens the two containers, and the services that share namespaces with them.

    Asks the engine for its runtimes. `settings` are those of `.env`.
    """
    if AGENT not in model.services or FIREWALL not in model.services:
        return []
    known = exposed_mounts.ground(docker.project, docker.variables)
    configured = runtimes.ask(docker)
    found = []
    for name, service in model.services.items():
        found += exposed_mounts.led_out(name, service, known)
    for name in (AGENT, FIREWALL, *_guests(model)):
        found += _of_service(model, name, known, configured)
    return found + _of_networks(model) + _claimed(model, settings)


def of_containers(docker: Docker, seen: Snapshot) -> list[Weakness]:
    """Returns what weakens the two containers as they are now, also if plain Compose made them."""
    known = exposed_mounts.ground(docker.project, docker.variables)
    found: list[Weakness] = []
    for name, container in ((AGENT, seen.agent), (FIREWALL, seen.firewall)):
        if container is not None:
            service = _as_service(container, seen)
            found += weakness.of_service(name, service)
            if name == AGENT:
                mounted = exposed_mounts.of_container(container.details, known)
                found += exposed_mounts.weaknesses(name, mounted, known)
            found += _foreign(docker, name, str(service["runtime"]))
    return found


def unaccepted(found: Iterable[Weakness], settings: Mapping[str, str]) -> list[Weakness]:
    """Returns the weaknesses that no start may pass over."""
    accepted = settings.get(weakness.OPTION, "").split()
    return [
        each
        for each in dict.fromkeys(found)
        if each.level is Level.IMPOSSIBLE or (each.level is Level.REFUSED and each.token not in accepted)
    ]


def sentences(found: Iterable[Weakness]) -> list[str]:
    """Returns each weakness once, as a sentence."""
    return list(dict.fromkeys(each.sentence for each in found))


def require(found: list[Weakness], settings: Mapping[str, str]) -> None:
    """Raises Problem where a weakness breaks what the containers promise, unless a person accepted it."""
    refused = unaccepted(found, settings)
    if not refused:
        return
    lines = [
        "The containers would not be isolated, so nothing was started.",
        *(each.sentence for each in refused),
    ]
    lines.append("Remove these settings from .aidevcontainer/docker-compose.override.yml or from the engine.")
    tokens = [each.token for each in refused if each.level is Level.REFUSED]
    if len(tokens) == len(refused):
        both = " ".join([*settings.get(weakness.OPTION, "").split(), *tokens])
        lines.append(f"To accept them: {weakness.OPTION}='{both}' ./.aidevcontainer/container up")
    raise Problem("\n".join(lines))


def _of_service(model: ComposeModel, name: str, known: Ground, configured: Runtimes) -> list[Weakness]:
    service = model.services[name]
    found = weakness.of_service(name, service)
    mounted = exposed_mounts.in_model(service, model.volumes, model.secrets)
    found += exposed_mounts.weaknesses(name, mounted, known) if name != FIREWALL else []
    foreign = configured.foreign(str(service.get("runtime") or ""))
    return found + ([_runtime(name, foreign)] if foreign else [])


def _claimed(model: ComposeModel, settings: Mapping[str, str]) -> list[Weakness]:
    # A Compose file comes with a branch, and only a person on this machine may accept anything.
    inside = str((model.services[AGENT].get("environment") or {}).get(weakness.OPTION) or "")
    if inside == settings.get(weakness.OPTION, ""):
        return []
    why = f"claims that you accepted settings ({inside}). Only .aidevcontainer/.env may"
    return [Weakness(AGENT, "environment", weakness.OPTION, why, Level.IMPOSSIBLE)]


def _of_networks(model: ComposeModel) -> list[Weakness]:
    joined = model.services[FIREWALL].get("networks") or {}
    names = (str((model.networks.get(each) or {}).get("name") or each) for each in joined)
    why = "would put the rules into this machine's own network"
    return [Weakness(FIREWALL, "networks", "host", why, Level.IMPOSSIBLE) for name in names if name == "host"]


def _guests(model: ComposeModel) -> list[str]:
    """Returns the added services that share a namespace or mounts with one of the two containers."""
    found: list[str] = []
    # A service may join a service that joins them.
    for _ in model.services:
        for name, service in model.services.items():
            targets = {AGENT, FIREWALL, *found}
            if name not in (AGENT, FIREWALL, BRIDGE, *found) and _joins(service, targets):
                found.append(name)
    return found


def _joins(service: dict[str, Any], targets: set[str]) -> bool:
    modes = (str(service.get(key) or "") for key in _NAMESPACES)
    names = [mode.partition(":")[2] for mode in modes if ":" in mode]
    # By the names that Compose gives containers: PROJECT-SERVICE-1.
    parts = {part for name in names for part in (name, *name.split("-"))}
    return bool(parts & targets)


def _foreign(docker: Docker, name: str, runtime: str) -> list[Weakness]:
    if runtime == _RESERVED:
        return []
    foreign = runtimes.ask(docker).foreign(runtime)
    return [_runtime(name, foreign)] if foreign else []


def _runtime(name: str, runtime: str) -> Weakness:
    why = "is not known to use the host's network, so what it sends may pass the firewall. Use runc or crun"
    return Weakness(name, "runtime", runtime, why)


def _as_service(container: Container, seen: Snapshot) -> dict[str, Any]:
    """Returns a container in Compose's form."""
    host, config = container.details["HostConfig"], container.details["Config"]
    return {
        "runtime": host.get("Runtime") or "",
        "user": config.get("User") or "",
        "privileged": host.get("Privileged"),
        "cap_add": host.get("CapAdd"),
        "cap_drop": _dropped(host.get("CapDrop")),
        "network_mode": _network(container, seen),
        "pid": _mode(host.get("PidMode")),
        "ipc": host.get("IpcMode") or "",
        "uts": host.get("UTSMode") or "",
        "userns_mode": host.get("UsernsMode") or "",
        "security_opt": host.get("SecurityOpt"),
        "devices": [each.get("PathOnHost", "") for each in host.get("Devices") or []],
        "device_cgroup_rules": host.get("DeviceCgroupRules"),
        "sysctls": host.get("Sysctls"),
        "group_add": host.get("GroupAdd"),
        "volumes_from": host.get("VolumesFrom"),
        "annotations": host.get("Annotations"),
        "entrypoint": _entrypoint(container, seen),
        "command": config.get("Cmd"),
        "environment": dict(each.partition("=")[::2] for each in config.get("Env") or []),
    }


def _network(container: Container, seen: Snapshot) -> str:
    # A firewall that was created again has another id, which is not a question of isolation.
    if container is seen.agent and container.network.startswith("container:"):
        return f"service:{FIREWALL}"
    return container.network


def _dropped(capabilities: list[str] | None) -> list[str]:
    # Podman shows ALL as the list of what it drops.
    found = capabilities or []
    return ["ALL"] if len(found) >= _PODMANS_DEFAULTS else found


def _mode(found: str | None) -> str:
    # Podman's word for a namespace of the container's own.
    return "" if found in (None, "private") else str(found)


def _entrypoint(container: Container, seen: Snapshot) -> list[str]:
    found: list[str] = container.details["Config"].get("Entrypoint") or []
    if container is seen.firewall:
        return [] if found == _IMAGES_ENTRYPOINT else found
    # Made by an earlier version. The helpers prove such a container before they open a session.
    return [weakness.STARTS_WITH] if found == _IMAGES_ENTRYPOINT else found
