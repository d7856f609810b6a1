"""All projects that this machine's engine knows, wherever their directories are."""

from __future__ import annotations

import calendar
import json
import os
import time
from typing import Any, NamedTuple

from aidevcontainer.engine import image, readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.lifecycle import leftovers
from aidevcontainer.project.paths import Project
from aidevcontainer.util import durations

_ROLE = "aidevcontainer.role"


class Listed(NamedTuple):
    """`state` is running, stopped or gone (its directory is); `age` in seconds, since the last start."""

    project: str
    root: str
    state: str
    sessions: int
    claude_version: str
    age: int
    remove: str


def collect(docker: Docker, now: float) -> list[Listed]:
    """Ask the engine; `now` in seconds since the epoch. Raises Problem."""
    question = ("container", "ls", "--all", "--filter", f"label={_ROLE}=claude", "--format", "{{.ID}}")
    ids = docker.check("ask the container engine", *question).split()
    if not ids:
        return []
    shown = docker.check("ask the container engine", "container", "inspect", "--format", "{{json .}}", *ids)
    found = [_listed(json.loads(line), now) for line in shown.splitlines() if line.strip()]
    return sorted(found, key=lambda each: (each.root, each.project))


def describe(found: list[Listed]) -> str:
    """Return a table for a person."""
    if not found:
        return "No project has a container on this machine."
    head = ("STATE", "SESSIONS", "CLAUDE", "SINCE", "DIRECTORY")
    rows = [head, *(_row(each) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    lines = [
        "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *_advice(found)])


def _row(each: Listed) -> tuple[str, ...]:
    ago = f"{durations.words(each.age)} ago"
    return each.state, str(each.sessions), each.claude_version or "?", ago, each.root


def _advice(found: list[Listed]) -> list[str]:
    gone = [each for each in found if each.state == "gone"]
    head = ["", "These directories are gone. To remove what they left, also Claude's sign-in there:"]
    return [*head, *(f"  {each.remove}" for each in gone)] if gone else []


def _listed(shown: dict[str, Any], now: float) -> Listed:
    labels = shown["Config"].get("Labels") or {}
    root = labels.get(readiness.WORKSPACE_LABEL) or ""
    name = labels.get("com.docker.compose.project") or shown["Name"].strip("/")
    gone = bool(root) and not os.path.isdir(os.path.join(root, ".aidevcontainer"))
    running = "running" if shown["State"]["Status"] == "running" else "stopped"
    return Listed(
        project=name,
        root=root or "(started with plain Compose)",
        state="gone" if gone else running,
        sessions=len(shown.get("ExecIDs") or []),
        claude_version="" if gone or not root else image.claude_version(Project(root)),
        age=max(0, int(now) - _moment(shown)),
        remove=leftovers.by_hand(name) if gone else "",
    )


def _moment(shown: dict[str, Any]) -> int:
    started = str(shown["State"]["StartedAt"])
    # One that was never started has the first second of all time.
    text = started if not started.startswith("0001") else str(shown.get("Created", ""))
    try:
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0
