"""The project as Compose understands it: all files merged, variables and paths resolved, profiles applied."""

from __future__ import annotations

from typing import Any, NamedTuple

from aidevcontainer.engine import diagnosis
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util import light_json
from aidevcontainer.util.errors import Problem

AGENT, FIREWALL, BRIDGE = "claude", "firewall", "bridge"
_OURS = (AGENT, FIREWALL, BRIDGE)


class ComposeModel(NamedTuple):
    """The services, volumes and networks by name, in the form of `docker compose config --format json`."""

    services: dict[str, dict[str, Any]]
    volumes: dict[str, dict[str, Any]]
    networks: dict[str, dict[str, Any]]
    secrets: dict[str, dict[str, Any]]

    @property
    def own_services(self) -> list[str]:
        """The services that the project added, without those that run zero containers."""
        added = (name for name in self.services if name not in _OURS)
        return sorted(name for name in added if _replicas(self.services[name]) != 0)

    def dependencies(self, service: str) -> list[str]:
        """Returns the added services that a service needs before it starts, directly or not."""
        found: list[str] = []
        waiting = [service]
        while waiting:
            needed = self.services.get(waiting.pop(), {}).get("depends_on") or {}
            new = [name for name in needed if name not in found and name not in _OURS]
            found += new
            waiting += new
        return sorted(found)


def read(docker: Docker) -> ComposeModel:
    """Asks Compose. Raises Problem where it does not accept the files."""
    result = docker.run("compose", "config", "--format", "json")
    if result.code:
        docker.require_compose()
        raise Problem(diagnosis.explain("read the Compose files", result.err + result.out))
    # Compose doubles each $ of a value, as its files do.
    found = light_json.fields(result.out.replace("$$", "$"))
    return ComposeModel(
        _named(found, "services"),
        _named(found, "volumes"),
        _named(found, "networks"),
        _named(found, "secrets"),
    )


def _named(found: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    return {name: value or {} for name, value in (found.get(key) or {}).items()}


def _replicas(service: dict[str, Any]) -> int:
    deployed = (service.get("deploy") or {}).get("replicas")
    scale = service.get("scale")
    chosen = scale if scale is not None else deployed
    return 1 if chosen is None else int(chosen)
