"""Finds the engine that docker reaches, its version, and the reason why it cannot be used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from aidevcontainer.util import programs
from machine.private import PrivateEngine, all_installed


class FoundEngine(NamedTuple):
    """A usable engine. `environment` has the variables that the caller lacks to reach it."""

    version: str
    compose: str
    environment: dict[str, str]


class Missing(NamedTuple):
    """The reason why there is no usable engine, as the beginning of a sentence.

    `without_compose`: there is an engine, and it lacks only Compose.
    """

    reason: str
    without_compose: bool = False


def find() -> FoundEngine | Missing:
    """Returns the engine that the caller's docker reaches, else a private one that is running."""
    found = _ask({})
    if isinstance(found, Missing) and not os.environ.get("DOCKER_HOST"):
        for private in all_installed():
            if private.running():
                return _ask(private.environment())
    return found


def stopped_private() -> PrivateEngine | None:
    """Returns an installed private engine that is not running; the last one used comes first."""
    stopped = [engine for engine in all_installed() if engine.installed() and not engine.running()]
    return next((engine for engine in stopped if engine.recorded()), stopped[0] if stopped else None)


def _ask(further: Mapping[str, str]) -> FoundEngine | Missing:
    environment = {**os.environ, **further}
    if not programs.find("docker", environment.get("PATH", os.defpath)):
        return Missing("No container engine was found: there is no `docker` on PATH")
    version = _output(environment, "docker", "version", "--format", "{{.Server.Version}}")
    if version.code:
        return Missing(f"The container engine cannot be reached: {version.complaint}")
    compose = _output(environment, "docker", "compose", "version", "--short")
    if compose.code:
        reason = "The container engine is there, but Compose v2 (`docker compose`) is not"
        return Missing(reason, without_compose=True)
    return FoundEngine(version.text, compose.text.lstrip("v"), dict(further))


class _Output(NamedTuple):
    code: int
    text: str
    complaint: str


def _output(environment: Mapping[str, str], *command: str) -> _Output:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=30, check=False
        )
    except subprocess.TimeoutExpired:
        return _Output(1, "", "it does not answer")
    lines = done.stderr.strip().splitlines()
    # Docker's last sentence is a question, and the reason becomes part of another sentence.
    complaint = lines[-1].split(". ")[0].rstrip(".") if lines else "no reason was given"
    return _Output(done.returncode, done.stdout.strip(), complaint)
