"""Settings of a container that weaken its isolation, in the words of a Compose file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import quote

from aidevcontainer.engine.compose_model import AGENT, FIREWALL

# The name of an option in `.env`: settings that a person accepted on this machine.
OPTION = "AIDEVCONTAINER_ACCEPT"
STARTS_WITH = "/usr/local/lib/aidevcontainer/start-agent.sh"
# The firewall's rules trust these users: add-users.sh creates them.
_TRUSTED_USERS = ("root", "resolver", "5353", "gate", "5354")
# docker-compose.yml has it: the agent must not take the resolver's port.
_OWN_KERNEL_SETTING = (FIREWALL, "net.ipv4.ip_unprivileged_port_start", "54")
_NET_OF_FIREWALL = "service:firewall"
_FIREWALLS_CAPABILITIES = ("NET_ADMIN", "NET_RAW")
# They add no right: labels are SELinux's, which the doctor's own advice turns off for these containers.
_HARMLESS_OPTIONS = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")
_UNSAFE_DEVICES = (
    "/dev/mem",
    "/dev/kmem",
    "/dev/port",
    "/dev/sd",
    "/dev/nvme",
    "/dev/vd",
    "/dev/xvd",
    "/dev/hd",
    "/dev/dm-",
    "/dev/mapper",
    "/dev/loop",
    "/dev/disk",
    "/dev/mmcblk",
    "/dev/net",
)


class Level(Enum):
    """What follows from a weakness."""

    REPORTED = "status and the doctor show it"
    REFUSED = "nothing starts until a person accepts it"
    IMPOSSIBLE = "nothing starts, and nobody can accept it"


class Weakness(NamedTuple):
    """A setting of a service. `why` is the end of a sentence: what it allows."""

    service: str
    key: str
    value: str
    why: str
    level: Level = Level.REFUSED

    @property
    def token(self) -> str:
        """Returns the word that accepts exactly this setting."""
        return f"{self.key}:{quote(self.value, safe='/:=.,@+-_~')}"

    @property
    def sentence(self) -> str:
        """Returns the setting and its effect."""
        return f"{self.service}: `{self.key}: {self.value}` {self.why}."


_Rule = Callable[[str, dict[str, Any]], Iterator[Weakness]]


def of_service(name: str, service: dict[str, Any]) -> list[Weakness]:
    """Returns what weakens one service; its mounts and its runtime are looked at elsewhere.

    `service` is in Compose's form. Services other than the two containers are those that share a namespace
    with them.
    """
    rules = _RULES_OF.get(name, _RULES_OF_GUESTS)
    return [found for rule in rules for found in rule(name, service)]


def words(value: object) -> list[str]:
    """Returns the texts of a list, none where it is missing."""
    return [str(each) for each in value] if isinstance(value, list) else []


def _user(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    user = str(service.get("user") or "")
    uid = user.partition(":")[0]
    if uid in _TRUSTED_USERS or (uid.isdigit() and int(uid) == 0):
        why = "gives it the rights of a user whom the firewall trusts"
        yield Weakness(name, "user", user, why, Level.REFUSED if name == AGENT else Level.REPORTED)
    elif user and name == AGENT and uid not in ("claude", ""):
        yield Weakness(name, "user", user, "is not the user who owns your files", Level.REPORTED)


def _privileged(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    if service.get("privileged"):
        yield Weakness(name, "privileged", "true", "lets it change the firewall's rules and this machine")


def _added_capabilities(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    for each in words(service.get("cap_add")):
        capability = each.upper().removeprefix("CAP_")
        if not (name == FIREWALL and capability in _FIREWALLS_CAPABILITIES):
            yield Weakness(name, "cap_add", each, "is a right that a program in it can gain")


def _kept_capabilities(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    if "ALL" not in (each.upper() for each in words(service.get("cap_drop"))):
        level = Level.REFUSED if name == AGENT else Level.REPORTED
        why = "leaves it rights such as raw packets, which pass the firewall. It must drop ALL"
        yield Weakness(name, "cap_drop", ",".join(words(service.get("cap_drop"))) or "none", why, level)


def _network(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    mode = str(service.get("network_mode") or "")
    if mode != _NET_OF_FIREWALL:
        why = "takes it out of the network that the firewall guards"
        yield Weakness(name, "network_mode", mode or "none set", why, Level.IMPOSSIBLE)


def _network_of_firewall(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    mode = str(service.get("network_mode") or "")
    if mode == "host":
        why = "would put the rules into this machine's own network"
        yield Weakness(name, "network_mode", mode, why, Level.IMPOSSIBLE)


def _processes(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    mode = str(service.get("pid") or "")
    if mode:
        yield Weakness(name, "pid", mode, "shows it the processes of others, which it can then reach")


def _shared_memory(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    mode = str(service.get("ipc") or "")
    if mode == "host":
        yield Weakness(name, "ipc", mode, "gives it the shared memory of this machine's programs")
    elif mode not in ("", "none", "private", "shareable"):
        yield Weakness(name, "ipc", mode, "gives it the shared memory of others", Level.REPORTED)


def _host_namespaces(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    for key in ("uts", "cgroup", "userns_mode"):
        if service.get(key) == "host":
            yield Weakness(name, key, "host", "shares this part of the machine with it", Level.REPORTED)


def _security(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    options = words(service.get("security_opt"))
    if name != FIREWALL and not any(each in _HARMLESS_OPTIONS for each in options):
        yield Weakness(name, "security_opt", "none", "lets its programs gain rights", _for_agent(name))
    for each in options:
        kind = each.replace("=", ":", 1).lower()
        if kind in ("no-new-privileges:false", "seccomp:unconfined", "systempaths:unconfined"):
            yield Weakness(name, "security_opt", each, "takes a barrier between it and the kernel away")
        elif not kind.startswith(("no-new-privileges", "label:")):
            yield Weakness(name, "security_opt", each, "changes a barrier to the kernel", Level.REPORTED)


def _for_agent(name: str) -> Level:
    return Level.REFUSED if name == AGENT else Level.REPORTED


def _devices(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    for each in service.get("devices") or []:
        source = str(each.get("source") if isinstance(each, dict) else each).partition(":")[0]
        unsafe = source.rstrip("/") in ("", "/dev") or source.startswith(_UNSAFE_DEVICES)
        level = Level.REFUSED if unsafe else Level.REPORTED
        yield Weakness(name, "devices", source, "gives it this machine's device", level)
    for rule in words(service.get("device_cgroup_rules")):
        level = Level.REPORTED if rule.startswith("c ") and not rule.startswith("c *") else Level.REFUSED
        yield Weakness(name, "device_cgroup_rules", rule, "lets it use devices of this machine", level)


def _kernel_settings(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    found = service.get("sysctls") or {}
    pairs = found.items() if isinstance(found, dict) else (each.split("=", 1) for each in words(found))
    for key, value in pairs:
        if (name, key, str(value)) == _OWN_KERNEL_SETTING:
            continue
        why = "changes how the kernel treats the network that the firewall guards"
        yield Weakness(name, "sysctls", f"{key}={value}", why, Level.REPORTED)


def _groups(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    for each in words(service.get("group_add")):
        yield Weakness(name, "group_add", each, "lets it use the files of another group", Level.REPORTED)


def _start(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    if (words(service.get("entrypoint")) or [""])[0] != STARTS_WITH:
        shown = " ".join(words(service.get("entrypoint"))) or "none"
        yield Weakness(
            name, "entrypoint", shown, "starts it without the proof that the firewall's rules apply"
        )


def _start_of_firewall(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    if service.get("entrypoint"):
        shown = " ".join(words(service["entrypoint"])) or str(service["entrypoint"])
        yield Weakness(name, "entrypoint", shown, "starts something else in place of the firewall")
    command = words(service.get("command"))
    if command != ["/usr/local/lib/aidevcontainer/entrypoint.sh"]:
        yield Weakness(name, "command", " ".join(command) or "none", "replaces the firewall")


def _paths_of_firewall(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    environment = service.get("environment") or {}
    for key in environment if isinstance(environment, dict) else ():
        if str(key).startswith("FIREWALL_"):
            why = "leads the firewall to other files than this project's"
            yield Weakness(name, "environment", str(key), why)


def _engine_access(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    if service.get("use_api_socket"):
        yield Weakness(name, "use_api_socket", "true", "gives it the engine's socket, and so this machine")
    for each in words(service.get("volumes_from")):
        yield Weakness(name, "volumes_from", each, "gives it the mounts of another container")


def _hooks(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    for key in ("post_start", "pre_stop"):
        for each in service.get(key) or []:
            privileged = isinstance(each, dict) and each.get("privileged")
            shown = str(each.get("command") if isinstance(each, dict) else each)
            level = Level.REFUSED if privileged else Level.REPORTED
            yield Weakness(name, key, shown, "runs a command of yours in it, perhaps as root", level)


def _machine_inside(name: str, service: dict[str, Any]) -> Iterator[Weakness]:
    # crun can hand a container to a virtual machine, with a network stack of its own.
    for key, value in _pairs(service.get("annotations")):
        if key.startswith("run.oci.handler"):
            yield Weakness(name, "annotations", f"{key}={value}", "runs it in a virtual machine")


def _pairs(value: object) -> list[tuple[str, str]]:
    return [(str(key), str(each)) for key, each in value.items()] if isinstance(value, dict) else []


_EVERYWHERE: tuple[_Rule, ...] = (
    _user,
    _privileged,
    _added_capabilities,
    _processes,
    _shared_memory,
    _host_namespaces,
    _security,
    _devices,
    _kernel_settings,
    _engine_access,
    _hooks,
    _machine_inside,
)
_RULES_OF: dict[str, tuple[_Rule, ...]] = {
    AGENT: (*_EVERYWHERE, _kept_capabilities, _network, _groups, _start),
    # It is root by design.
    FIREWALL: (*_EVERYWHERE[1:], _network_of_firewall, _start_of_firewall, _paths_of_firewall),
}
_RULES_OF_GUESTS: tuple[_Rule, ...] = (*_EVERYWHERE, _kept_capabilities)
