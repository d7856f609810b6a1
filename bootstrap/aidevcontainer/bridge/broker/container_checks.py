"""Decides whether commands may run in a container, by the engine's description of it.

A container that controls the engine or the machine would give the agent the same control.
"""

from __future__ import annotations

import re
from typing import Any

from aidevcontainer.bridge.broker.declaration import BrokerCommand

_ROLE_LABEL = "aidevcontainer.role"
_COMPOSE_LABELS = ("service", "project", "project.working_dir")
_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "crio.sock")
# Engines keep their sockets in these folders, and a mount of a folder contains the socket, read-only or not.
_SOCKET_FOLDERS = re.compile(
    r"/|/var|(/var)?/run(/(docker|podman|containerd|crio|user(/\d+(/docker|/podman)?)?))?"
)
# With one of these, root in the container can become root on the machine.
_DANGEROUS_CAPABILITIES = frozenset({"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"})
# Disks, by any of their names, and memory: opening one gives all files of the machine. Other devices, such as
# /dev/dri and /dev/fuse, are ordinary.
_DANGEROUS_DEVICES = re.compile(
    r"/dev(/((sd|sg|hd|vd|xvd|nvme|mmcblk|md|dm-|loop|zram|nbd|rbd|bcache)\w*|(disk|mapper|block)(/.*)?|k?mem|port)?)?"
)


def obstacle(inspected: dict[str, Any]) -> str:
    """Returns the reason why no command may run in a container, empty where one may."""
    name = _name(inspected)
    if _ROLE_LABEL in _labels(inspected):
        return f"{name} is one of the agent's own containers"
    danger = _danger(inspected.get("HostConfig", {}))
    if danger:
        return f"{name} {danger}"
    if any(_holds_socket(str(mount.get("Source", ""))) for mount in inspected.get("Mounts") or []):
        return f"{name} has the container engine's socket, which would give the agent the engine"
    return ""


def stranger(inspected: dict[str, Any], command: BrokerCommand) -> str:
    """Returns the reason why a container is not the declared service of a command, empty where it is.

    The agent can write the files that name a container which does not exist yet.
    """
    labels = _labels(inspected)
    service, project, folder = (str(labels.get(f"com.docker.compose.{each}", "")) for each in _COMPOSE_LABELS)
    fits = (
        command.service in ("", service)
        and command.project in ("", project)
        and (not command.folders or any(_lies_in(folder, each) for each in command.folders))
    )
    if fits or not command.service:
        return ""
    return (
        f"{_name(inspected)} is not the service '{command.service}' of this project. To look for it again, "
        "run on the host: ./.aidevcontainer/container bridge reload"
    )


def not_running(inspected: dict[str, Any]) -> str:
    """Returns a sentence where a container is not running, empty where it is."""
    status = str(inspected.get("State", {}).get("Status", "unknown"))
    return "" if status == "running" else f"the container {_name(inspected)} is not running ({status})"


def _name(inspected: dict[str, Any]) -> str:
    return str(inspected.get("Name", "")).lstrip("/")


def _labels(inspected: dict[str, Any]) -> dict[str, Any]:
    return inspected.get("Config", {}).get("Labels") or {}


def _lies_in(path: str, folder: str) -> bool:
    # As git/layout.py, of which the image has no copy.
    return f"{path}/".startswith(f"{folder.rstrip('/')}/")


def _danger(host: dict[str, Any]) -> str:
    if host.get("Privileged"):
        return "is privileged, which would give the agent the machine"
    capabilities = {str(each).replace("CAP_", "") for each in host.get("CapAdd") or ()}
    dangerous = sorted(_DANGEROUS_CAPABILITIES & capabilities)
    if dangerous:
        return f"has the capability {dangerous[0]}, which would give the agent the machine"
    return _process_danger(str(host.get("PidMode", ""))) or _device_danger(host)


def _process_danger(mode: str) -> str:
    if mode == "host":
        return "shares the machine's processes, which would give the agent their files"
    if mode.startswith("container:"):
        return "shares another container's processes, which would give the agent their files"
    return ""


def _device_danger(host: dict[str, Any]) -> str:
    # `b 8:* rwm` lets root create the device node of a disk.
    if any(str(rule).lstrip()[:1] in ("a", "b") for rule in host.get("DeviceCgroupRules") or []):
        return "may open the machine's disks, which would give the agent the machine's files"
    devices = [str(each.get("PathOnHost", "")) for each in host.get("Devices") or []]
    for device in filter(_DANGEROUS_DEVICES.fullmatch, devices):
        return f"has the device {device}, which would give the agent the machine's files"
    return ""


def _holds_socket(source: str) -> bool:
    return source.endswith(_SOCKETS) or bool(_SOCKET_FOLDERS.fullmatch(source.rstrip("/") or source))
