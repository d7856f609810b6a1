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
from aidevcontainer.util import durations, table

_ROLE = "aidevcontainer.role"
_HEAD = ("STATE", "SESSIONS", "CLAUDE", "SINCE", "DIRECTORY")


class ListedProject(NamedTuple):
    """`state` is running, stopped or gone (its directory is); `age` is in seconds since the last start."""

    project: str
    root: str
    state: str
    sessions: int
    claude_version: str
    age: int
    remove: str


def collect(docker: Docker, now: float) -> list[ListedProject]:
    """Asks the engine; `now` is in seconds since the epoch. Raises Problem."""
    question = ("container", "ls", "--all", "--filter", f"label={_ROLE}=claude", "--format", "{{.ID}}")
    ids = docker.check("ask the container engine", *question).split()
    if not ids:
        return []
    shown = docker.check("ask the container engine", "container", "inspect", "--format", "{{json .}}", *ids)
    found = [_listed(json.loads(line), now) for line in shown.splitlines() if line.strip()]
    return sorted(found, key=lambda each: (each.root, each.project))


def describe(found: list[ListedProject]) -> str:
    """Returns a table for a person."""
    if not found:
        return "No project has a container on this machine."
    return "\n".join([table.text([_HEAD, *map(_row, found)]), *_advice(found)])


def _row(each: ListedProject) -> tuple[str, ...]:
    ago = f"{durations.words(each.age)} ago"
    return each.state, str(each.sessions), each.claude_version or "?", ago, each.root


def _advice(found: list[ListedProject]) -> list[str]:
    gone = [each for each in found if each.state == "gone"]
    head = ["", "These directories are gone. To remove what they left, Claude's sign-in included:"]
    return [*head, *(f"  {each.remove}" for each in gone)] if gone else []


def _listed(shown: dict[str, Any], now: float) -> ListedProject:
    labels = shown["Config"].get("Labels") or {}
    root = labels.get(readiness.WORKSPACE_LABEL) or ""
    name = labels.get("com.docker.compose.project") or shown["Name"].strip("/")
    gone = bool(root) and not os.path.isdir(os.path.join(root, ".aidevcontainer"))
    running = "running" if shown["State"]["Status"] == "running" else "stopped"
    return ListedProject(
        project=name,
        root=root or "(started with plain Compose)",
        state="gone" if gone else running,
        sessions=len(shown.get("ExecIDs") or []),
        claude_version="" if gone or not root else image.claude_version(Project(root)),
        age=max(0, int(now) - _started(shown)),
        remove=leftovers.by_hand(name) if gone else "",
    )


def _started(shown: dict[str, Any]) -> int:
    started = str(shown["State"]["StartedAt"])
    # A container that was never started has the first second of all time.
    text = started if not started.startswith("0001") else str(shown.get("Created", ""))
    try:
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0
