"""The firewall's commands that a person waits for, without packages that load for longer than it takes.

Whatever is not plain (options, no engine on a socket, nothing running) is left to `firewall_command`.
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

_AGAIN = "See what is in force: ./.aidevcontainer/firewall status"


def run(arguments: list[str]) -> int | None:
    """Carry out `reload` or `allow HOST…` and return the exit code, or None for all that is not done here."""
    plain = not any(word.startswith("-") for word in arguments)
    if not plain or not (arguments == ["reload"] or (arguments[:1] == ["allow"] and len(arguments) > 1)):
        return None
    firewall = _reachable(of_scaffold(__file__))
    if firewall is None:
        return None
    console = Console()
    return guarded(console, lambda: _carry_out(firewall, console, arguments[1:]))


def _carry_out(firewall: Firewall, console: Console, hosts: list[str]) -> int:
    try:
        if not hosts:
            return firewall_policy.reload(firewall, console)
        lists = Lists(firewall.docker.project)
        return firewall_policy.allow(firewall, lists, console, hosts, None)
    except UnreachableError as error:
        raise Problem(f"The container engine stopped answering ({error}). {_AGAIN}") from error


def _reachable(project: Project) -> Firewall | None:
    try:
        firewall = Firewall(engine_exec.connect(project, dict(os.environ)))
        return firewall if project.recorded_name() and firewall.runs() else None
    except UnreachableError:
        return None
