"""The quick path of the firewall's commands: without packages, which take longer to load than a command.

`cli.firewall` handles everything else: other options, an engine without a socket, a stopped firewall.
"""

from __future__ import annotations

import os

from aidevcontainer.engine import socket_exec
from aidevcontainer.engine.socket_api import UnreachableError
from aidevcontainer.firewall import policy
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.control import Firewall
from aidevcontainer.project.paths import Project
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.guard import guarded

_QUESTIONS = ("status", "log")
_CHECK = "See what is in force: ./.aidevcontainer/firewall status"


def run(project: Project, arguments: list[str]) -> int | None:
    """Runs a command and returns its exit code, or returns None where `cli.firewall` has to run it."""
    command, words = "".join(arguments[:1]), arguments[1:]
    asks = command in _QUESTIONS and words in ([], ["--json"])
    if not (asks or _changes(command, words)):
        return None
    firewall = _reachable(project)
    if firewall is None:
        return None
    console = Console(as_json=asks and bool(words))
    return guarded(console, lambda: _carry_out(firewall, console, command, words))


def _changes(command: str, hosts: list[str]) -> bool:
    if any(word.startswith("-") for word in (command, *hosts)):
        return False
    return bool(hosts) if command in ("allow", "deny") else command == "reload" and not hosts


def _carry_out(firewall: Firewall, console: Console, command: str, hosts: list[str]) -> int:
    lists = Lists(firewall.docker.project)
    try:
        if command in _QUESTIONS:
            return _answer(firewall, command, console.as_json)
        if command == "allow":
            return policy.allow(firewall, lists, console, hosts, None)
        if command == "deny":
            return policy.deny(firewall, lists, console, hosts, project=False)
        return policy.reload(firewall, console)
    except UnreachableError as error:
        raise Problem(f"The container engine stopped answering ({error}). {_CHECK}") from error


def _answer(firewall: Firewall, command: str, as_json: bool) -> int:
    # These load `json` and `re`, which the changes do without.
    if command == "status":
        from aidevcontainer.firewall import status

        return status.show(firewall, as_json)
    from aidevcontainer.firewall import log

    return log.show(firewall, None, as_json)


def _reachable(project: Project) -> Firewall | None:
    try:
        firewall = Firewall(socket_exec.connect(project, dict(os.environ)))
        return firewall if project.recorded_name() and firewall.runs() else None
    except (UnreachableError, OSError):
        return None  # `cli.firewall` meets the same error and explains it
