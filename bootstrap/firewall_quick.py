"""The firewall's commands that a person waits for, without packages that load for longer than it takes.

Whatever is not plain (other options, no engine on a socket, nothing running) is left to `firewall_command`.
"""

from __future__ import annotations

import os

from bootstrap import engine_exec, firewall_policy
from bootstrap.allowlist import Lists
from bootstrap.console import Console
from bootstrap.engine_api import UnreachableError
from bootstrap.firewall_control import Firewall
from bootstrap.guard import guarded
from bootstrap.problem import Problem
from bootstrap.project import Project, of_scaffold

_QUESTIONS = ("status", "log")
_AGAIN = "See what is in force: ./.aidevcontainer/firewall status"


def run(arguments: list[str]) -> int | None:
    """Carry out a command if it is plain, and return the exit code; None: not done here."""
    command, words = "".join(arguments[:1]), arguments[1:]
    asks = command in _QUESTIONS and words in ([], ["--json"])
    if not (asks or _changes(command, words)):
        return None
    firewall = _reachable(of_scaffold(__file__))
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
            return firewall_policy.allow(firewall, lists, console, hosts, None)
        if command == "deny":
            return firewall_policy.deny(firewall, lists, console, hosts, project=False)
        return firewall_policy.reload(firewall, console)
    except UnreachableError as error:
        raise Problem(f"The container engine stopped answering ({error}). {_AGAIN}") from error


def _answer(firewall: Firewall, command: str, as_json: bool) -> int:
    # Only here: what they load would hold up every change.
    if command == "status":
        from bootstrap import firewall_status

        return firewall_status.show(firewall, as_json)
    from bootstrap import firewall_log

    return firewall_log.show(firewall, None, as_json)


def _reachable(project: Project) -> Firewall | None:
    try:
        firewall = Firewall(engine_exec.connect(project, dict(os.environ)))
        return firewall if project.recorded_name() and firewall.runs() else None
    except (UnreachableError, OSError):
        return None  # the long way meets it again, and says what to do
