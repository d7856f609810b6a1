"""Container runtimes: only some use the host's network stack, whose rules are the firewall."""

from __future__ import annotations

import os
from typing import Any

from aidevcontainer.engine import socket_api
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_api import UnreachableError
from aidevcontainer.util import light_json

# gVisor and virtual machines (Kata, libkrun) have a network stack of their own, which sends past the rules.
# NVIDIA's program changes a container's configuration and then becomes runc.
_PROGRAMS = ("runc", "crun", "nvidia-container-runtime")
_SHIMS = ("io.containerd.runc.v1", "io.containerd.runc.v2", "io.containerd.runtime.v1.linux")
# Podman's word for the runtime that it is configured for.
_DEFAULT = ("", "oci")


class Runtimes:
    """The runtimes that an engine is configured with, as `docker info` describes them."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.default = str(info.get("DefaultRuntime") or "")
        self._configured: dict[str, Any] = info.get("Runtimes") or {}

    def foreign(self, name: str) -> str:
        """Returns the name of a runtime that is not known to use the host's network stack, else nothing."""
        wanted = self.default if name in _DEFAULT else name
        # An engine that does not tell its default: the proof in the container decides.
        return "" if not wanted or self._known(wanted) else wanted

    def _known(self, name: str) -> bool:
        configured = self._configured.get(name)
        if not isinstance(configured, dict):
            return name in _PROGRAMS or name in _SHIMS
        shim = str(configured.get("runtimeType") or "")
        program = str(configured.get("path") or (configured.get("options") or {}).get("BinaryName") or "")
        if shim and shim not in _SHIMS:
            return False
        return _is_known_program(program) if program else bool(shim) or name in _PROGRAMS


def ask(docker: Docker) -> Runtimes:
    """Asks the engine, over its socket where there is one. An engine that does not answer has no runtimes."""
    try:
        return Runtimes(socket_api.connect(docker.variables).info())
    except UnreachableError:
        return Runtimes(light_json.fields(docker.run("info", "--format", "{{json .}}").out))


def _is_known_program(path: str) -> bool:
    # A link, as one that an administrator made to switch runtimes, is what it leads to.
    names = {os.path.basename(path), os.path.basename(os.path.realpath(path))}
    return all(name in _PROGRAMS for name in names) if os.path.isabs(path) else path in _PROGRAMS
