"""Settings of the override file that cannot be, because the agent's container has the firewall's network."""

from __future__ import annotations

from typing import Any

from aidevcontainer.engine.compose_model import AGENT, BRIDGE, FIREWALL, ComposeModel
from aidevcontainer.util.errors import Problem

_OVERRIDE = ".aidevcontainer/docker-compose.override.yml"
_TO_FIREWALL = "The agent uses the firewall's network, so move it to the service firewall"
_OF_NETWORK = {
    "ports": f"{_TO_FIREWALL}, and name the port in AIDEVCONTAINER_PORTS (see the example in the file)",
    "networks": _TO_FIREWALL,
    "expose": _TO_FIREWALL,
    "links": "Services are reached by their names once they are on the allowlist, for example db:5432",
    "dns": "The agent asks the firewall's resolver. Set AIDEVCONTAINER_DNS instead",
    "dns_search": "The agent asks the firewall's resolver, which answers for listed names",
    "dns_opt": "The agent asks the firewall's resolver, which answers for listed names",
    "extra_hosts": _TO_FIREWALL,
    "hostname": _TO_FIREWALL,
    "domainname": _TO_FIREWALL,
    "mac_address": _TO_FIREWALL,
}


def require_none(model: ComposeModel, project_name: str) -> None:
    """Raises Problem with the setting and its right place."""
    agent = model.services.get(AGENT, {})
    for key, reason in _OF_NETWORK.items():
        if agent.get(key):
            raise Problem(f"`{key}` of claude in {_OVERRIDE} cannot work. {reason}.")
    for service in (AGENT, FIREWALL, BRIDGE):
        _require_name(service, model.services.get(service, {}), f"{project_name}-{service}-1")


def _require_name(service: str, found: dict[str, Any], name: str) -> None:
    if found.get("container_name", name) != name:
        raise Problem(
            f"`container_name` of {service} in {_OVERRIDE} cannot be changed. The commands find it "
            f"by its name, {name}. Remove the line."
        )
