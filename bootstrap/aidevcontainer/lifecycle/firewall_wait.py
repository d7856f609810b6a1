"""Waits until the firewall is in force, and remembers that it was for the sessions of the next seconds."""

from __future__ import annotations

from typing import Any

from aidevcontainer.engine import diagnosis, readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.engine.socket_exec import Result
from aidevcontainer.util import light_json
from aidevcontainer.util.errors import Problem

_SCRIPT = "/usr/local/lib/aidevcontainer/wait-ready.sh"
_SECONDS = "60"
_LOGS = "See ./.aidevcontainer/container logs firewall"


def until_ready(docker: Docker, project_name: str, firewall: Container | None) -> dict[str, Any]:
    """Returns the firewall's own status once it is in force. Raises Problem with the firewall's reason.

    `firewall` is the container as it was before the wait: a later start of it is not the one that got ready.
    """
    name = readiness.container_names(project_name)[1]
    result = docker.execute(name, _SCRIPT, _SECONDS)
    if result.code:
        raise Problem(f"The firewall does not let the agent start: {_reason(docker, name, result)}\n{_LOGS}")
    if firewall:
        readiness.remember_ready(name, firewall)
    return light_json.fields(result.out)


def _reason(docker: Docker, name: str, result: Result) -> str:
    reason = result.err.strip() or diagnosis.last_line(result.out)
    if "is restarting" not in reason and "is not running" not in reason:
        return reason
    # A container that does not run answers no question, but its log does.
    logs = docker.run("logs", "--tail", "20", name)
    return diagnosis.last_line(logs.err + logs.out)
