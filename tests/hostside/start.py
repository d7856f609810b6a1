"""Docker's answers while a project comes up, for tests of the way that is not hot."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.hostside.engine import container
from tests.hostside.machine import FakeProject, Machine

# What the firewall's scripts answer to a reload that allows one host more.
RELOAD_ANSWER: dict[str, Any] = {
    "revision": 8,
    "entries": 3,
    "source": "file",
    "allowed": ["new.example.net"],
    "no_longer_allowed": [],
    "ended": [],
    "warnings": [],
}
POLICY: dict[str, Any] = {
    "state": "ready",
    "entries": 12,
    "source": "file",
    "github": {"fetched": "2026-01-02T03:04:05Z", "prefixes": 80},
    "warnings": ["registry.example.net does not resolve."],
    "error": "",
}


def nothing_runs(project: FakeProject) -> None:
    """No image, no container; everything that is asked for succeeds."""
    machine = project.machine
    machine.answer("compose version", out="2.26.1\n")
    machine.answer("container inspect", 1, err="Error response from daemon: No such container: x\n")
    machine.answer("image inspect", 1, err="Error response from daemon: No such image: x\n")
    machine.answer("status.json", out=json.dumps(POLICY))
    machine.answer("wait-ready.sh", out=json.dumps(POLICY))


def image_is_there(project: FakeProject) -> None:
    """Somebody built it before."""
    project.machine.answer("image inspect", out="{}")


def both_run(project: FakeProject, **firewall: object) -> None:
    """Both containers are up; `firewall` changes what the engine says of the firewall's."""
    root = Path(project.root)
    shown = {**container("f" * 64, root, health="healthy"), **firewall}
    claude = container("c" * 64, root, network=f"container:{'f' * 64}")
    project.machine.answer(f"{project.name}-firewall-1", out=json.dumps(shown))
    project.machine.answer(f"{project.name}-claude-1", out=json.dumps(claude))
    project.machine.answer("status.json", out=json.dumps(POLICY))
    project.machine.answer("wait-ready.sh", out=json.dumps(POLICY))


def steps(machine: Machine) -> list[str]:
    """Return docker's calls, without those that only ask, and those that look after a session that ended."""
    calls = (" ".join(call.arguments) for call in machine.calls())
    return [
        call
        for call in calls
        if not re.match(
            r"(container|image) inspect|compose (version|config)|info|ps --all"
            r"|exec \S+ (cat|\S+/end-session|sh -c #!/bin/sh\n# Usage: start-agent)",
            call,
        )
    ]
