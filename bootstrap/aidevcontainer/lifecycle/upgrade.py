"""Moves the pin of Claude Code: looked up, built, and only then put to use, with a way back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from aidevcontainer.engine import claude_pin, image, snapshot, volumes
from aidevcontainer.engine.claude_pin import Pin
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.npm_registry import Registry
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.lifecycle import configure, spared_sessions, start
from aidevcontainer.lifecycle.configure import Configuration
from aidevcontainer.project import names
from aidevcontainer.util import cache, files, lock
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem


class UpgradeOutcome(NamedTuple):
    """The versions before and after. `state` is one of pinned (no change), ready, waiting, in-use."""

    old: str
    new: str
    state: str
    sessions: int = 0

    def as_json(self) -> dict[str, Any]:
        """Returns it for a program. `sessions` still use the old version; an unknown `from` is empty."""
        return {"from": self.old, "to": self.new, "state": self.state, "sessions": self.sessions}


def to_version(docker: Docker, console: Console, version: str) -> UpgradeOutcome:
    """Pins a version, or that of a tag such as `latest`. Raises Problem, with the old pin in place."""
    made = configure.run(docker, console, waits=True)
    wanted = Registry(docker.project, made.docker.variables).pin(version)
    return _move(docker, console, made, wanted)


def back(docker: Docker, console: Console) -> UpgradeOutcome:
    """Pins the version before the last move. Raises Problem, with the present pin in place."""
    made = configure.run(docker, console, waits=True)
    wanted = claude_pin.parse(files.read(_remembered(docker.project.root)) or b"")
    if wanted is None:
        raise Problem(
            "This machine does not know an earlier version. Name one: "
            "./.aidevcontainer/container upgrade VERSION"
        )
    return _move(docker, console, made, wanted)


def forget(root: str) -> None:
    """Forgets the version before the last move, when the project is removed."""
    cache.forget("pins", names.project_name(root))


def _move(docker: Docker, console: Console, made: Configuration, wanted: Pin) -> UpgradeOutcome:
    name = f"upgrade-{names.project_name(docker.project.root)}"
    with lock.held(name, lambda: console.say("Waiting for another upgrade of this project.")):
        before = files.read(claude_pin.path(docker.project)) or b""
        old = claude_pin.parse(before)
        if old != wanted:
            console.say(f"Claude Code {old.version if old else 'unknown'} → {wanted.version}")
            made = _pinned(docker, console, before, wanted)
        else:
            console.say(f"Claude Code {wanted.version} is pinned already.")
            if not _is_behind(made):
                return UpgradeOutcome(wanted.version, wanted.version, "pinned")
            image.ensure(made.docker, made.settings.variables, console)
        state, sessions = _put_to_use(docker, console, made, wanted)
        return UpgradeOutcome(old.version if old else "", wanted.version, state, sessions)


def _pinned(docker: Docker, console: Console, before: bytes, wanted: Pin) -> Configuration:
    """Writes the pin and builds its image; returns the configuration with it."""
    with _restored_on_failure(docker, console, before):
        files.write(claude_pin.path(docker.project), wanted.text())
        made = configure.run(docker, console, waits=True)
        image.ensure(made.docker, made.settings.variables, console)
    old = claude_pin.parse(before)
    if old:
        _remember(docker.project.root, old)
    return made


@contextlib.contextmanager
def _restored_on_failure(docker: Docker, console: Console, before: bytes) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # Also at Ctrl+C. The containers still run the old image, and `.env` must name it.
        files.write(claude_pin.path(docker.project), before)
        configure.run(docker, console, waits=True)
        raise


def _is_behind(made: Configuration) -> bool:
    # A pin that came with a branch, or an upgrade that was killed.
    seen = _seen(made)
    return seen.agent_runs and seen.image != made.settings.image


def _put_to_use(docker: Docker, console: Console, made: Configuration, wanted: Pin) -> tuple[str, int]:
    """Switches the containers where no session runs; returns the state and how many sessions run."""
    seen = _seen(made)
    if not seen.agent_runs:
        console.say(f"Claude Code {wanted.version} is ready for the next start.")
        return "ready", 0
    if seen.sessions and seen.image == made.settings.image:
        spared_sessions.wait_no_more(docker.project, made.settings)
        console.say(f"Claude Code {wanted.version} is in use: the containers had not switched yet.")
        return "in-use", 0
    if seen.sessions:
        spared_sessions.wait(docker.project, made.settings)
        console.say(_waiting(seen, wanted))
        return "waiting", len(seen.sessions)
    start.up(docker, console)
    volumes.remove_unused(docker, made.settings.project_name, console)
    console.say(
        f"Claude Code {wanted.version} is in use. To go back: ./.aidevcontainer/container upgrade --back"
    )
    return "in-use", 0


def _waiting(seen: Snapshot, wanted: Pin) -> str:
    count = len(seen.sessions)
    running = "1 session keeps running" if count == 1 else f"{count} sessions keep running"
    old = seen.label(volumes.LABEL)
    version = f" with Claude Code {old}" if old else ""
    end = "it ends" if count == 1 else "the last one ends"
    return f"{running}{version}. The containers switch to {wanted.version} once {end}."


def _seen(made: Configuration) -> Snapshot:
    return snapshot.take(made.docker, made.settings.project_name)


def _remembered(root: str) -> str:
    return cache.path("pins", names.project_name(root))


def _remember(root: str, old: Pin) -> None:
    path = _remembered(root)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    files.write(path, old.text())
