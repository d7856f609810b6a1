"""Moving the pin of Claude Code: looked up, built, and only then put to use, with a way back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from aidevcontainer.engine import claude_pin, image, volumes
from aidevcontainer.engine.claude_pin import Pin
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.npm_registry import Registry
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.lifecycle import spared_sessions
from aidevcontainer.lifecycle.start import Start
from aidevcontainer.project import names
from aidevcontainer.util import cache, lock
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem

_LATER = "with the next session that opens when none runs"


class Moved(NamedTuple):
    """What became of it. `state` is one of pinned (nothing was to be done), ready, waiting, in-use."""

    old: str
    new: str
    state: str
    sessions: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it for a program. `sessions` still use the old version; an unknown `from` is empty."""
        return {"from": self.old, "to": self.new, "state": self.state, "sessions": self.sessions}


def to_version(docker: Docker, console: Console, version: str) -> Moved:
    """Pin a version, or what a tag such as `latest` stands for. Raises Problem, with the old pin in place."""
    start = Start(docker, console)
    start.configure(waits=True)
    wanted = Registry(docker.project, docker.variables).pin(version)
    return _move(start, console, wanted)


def back(docker: Docker, console: Console) -> Moved:
    """Pin what was pinned before the last move. Raises Problem, with the present pin in place."""
    start = Start(docker, console)
    start.configure(waits=True)
    wanted = _previous(docker)
    if wanted is None:
        raise Problem(
            "Nothing is known of an earlier version on this machine. Name one: "
            "./.aidevcontainer/container upgrade VERSION"
        )
    return _move(start, console, wanted)


def forget(root: str) -> None:
    """Forget what was pinned before, when the project is no more."""
    cache.forget("pins", names.project_name(root))


def _move(start: Start, console: Console, wanted: Pin) -> Moved:
    docker = start.docker
    name = f"upgrade-{names.project_name(docker.project.root)}"
    with lock.held(name, lambda: console.say("Waiting for another upgrade of this project.")):
        before = _content(claude_pin.path(docker.project))
        old = claude_pin.parse(before)
        if old == wanted:
            console.say(f"Claude Code {wanted.version} is pinned already.")
            if not _is_behind(start):
                return Moved(wanted.version, wanted.version, "pinned")
            image.ensure(docker, start.values, console)
        else:
            console.say(f"Claude Code {old.version if old else 'unknown'} → {wanted.version}")
            with _restored_on_failure(start, before):
                _write(claude_pin.path(docker.project), wanted.text().encode())
                start.configure(waits=True)
                image.ensure(docker, start.values, console)
            if old:
                _remember(docker, old)
        state, sessions = _put_to_use(start, console, wanted)
        return Moved(old.version if old else "", wanted.version, state, sessions)


def _is_behind(start: Start) -> bool:
    # A pin that came with a branch, or an upgrade that was killed.
    claude, _ = start.containers()
    return claude is not None and claude.running and claude.image != start.values["AIDEVCONTAINER_IMAGE"]


@contextlib.contextmanager
def _restored_on_failure(start: Start, before: bytes) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # Also Ctrl+C. The containers still run the old image, and `.env` must name that one.
        _write(claude_pin.path(start.project), before)
        start.configure(waits=True)
        raise


def _put_to_use(start: Start, console: Console, wanted: Pin) -> tuple[str, int]:
    claude, _ = start.containers()
    if claude is None or not claude.running:
        console.say(f"Claude Code {wanted.version} is ready for the next start.")
        return "ready", 0
    if claude.sessions and claude.image == start.values["AIDEVCONTAINER_IMAGE"]:
        spared_sessions.wait_no_more(start.docker, start.values)
        console.say(f"Claude Code {wanted.version} is in use: the containers had not switched yet.")
        return "in-use", 0
    if claude.sessions:
        spared_sessions.wait(start.docker, start.values)
        console.say(_waiting(claude, wanted))
        return "waiting", len(claude.sessions)
    start.up()
    volumes.remove_unused(start.docker, start.name, console)
    console.say(
        f"Claude Code {wanted.version} is in use. Back again: ./.aidevcontainer/container upgrade --back"
    )
    return "in-use", 0


def _waiting(claude: Container, wanted: Pin) -> str:
    count = len(claude.sessions)
    go_on = "1 session goes on" if count == 1 else f"{count} sessions go on"
    old = claude.labels.get("aidevcontainer.claude")
    go_on += f" with Claude Code {old}" if old else ""
    return f"{go_on}. The containers switch to {wanted.version} {_LATER}."


def _remembered(docker: Docker) -> str:
    return cache.path("pins", names.project_name(docker.project.root))


def _remember(docker: Docker, old: Pin) -> None:
    path = _remembered(docker)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _write(path, old.text().encode())


def _previous(docker: Docker) -> Pin | None:
    return claude_pin.parse(_content(_remembered(docker)))


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _write(path: str, content: bytes) -> None:
    draft = f"{path}.{os.getpid()}.new"
    with open(draft, "wb") as file:
        file.write(content)
    os.replace(draft, path)
