"""The engine that docker reaches now: its version, and what keeps it from being used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from aidevcontainer.util import programs
from machine.private import PrivateEngine, all_installed


class FoundEngine(NamedTuple):
    """A usable engine: its and Compose's versions, and the variables that the caller lacks to reach it."""

    version: str
    compose: str
    environment: dict[str, str]


class Missing(NamedTuple):
    """Why there is none: a sentence's beginning ("No container engine was found").

    `without_compose`: there is one, and Compose is all that it lacks.
    """

    reason: str
    without_compose: bool = False


def find() -> FoundEngine | Missing:
    """Look for a usable engine: the one that the caller's docker reaches, else a private one that runs."""
    found = _ask({})
    if isinstance(found, Missing) and not os.environ.get("DOCKER_HOST"):
        for private in all_installed():
            if private.running():
                return _ask(private.environment())
    return found


def stopped_private() -> PrivateEngine | None:
    """Return a private engine that is installed and does not run, preferably the last one used."""
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
    # The last sentence of docker's is a question, and the reason goes into a sentence of ours.
    complaint = lines[-1].split(". ")[0].rstrip(".") if lines else "no reason was given"
    return _Output(done.returncode, done.stdout.strip(), complaint)
