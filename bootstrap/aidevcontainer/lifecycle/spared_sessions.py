"""Sessions that would end, as their containers are made anew: a person is asked, and a no waits for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from aidevcontainer.engine import running as sessions
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.lifecycle import settings
from aidevcontainer.project import env_file as envfile
from aidevcontainer.util.errors import Problem

# Each by itself, as a start has it: for both at once, Compose would see another network of the agent's.
_STARTS = (("up", "--detach", "firewall"), ("up", "--detach", "--no-deps", "claude"))

MayEnd = Callable[[list[str]], bool]


def require(docker: Docker, values: dict[str, str], may_end: MayEnd) -> None:
    """Ask `may_end` about the sessions that a start would end. Raises Problem after a no.

    `values` are those of `.env`, with which the containers are to start.
    """
    found = sessions.running(docker)
    if found and any(map(partial(_recreates, docker), _STARTS)) and not may_end(found):
        wait(docker, values)
        raise Problem(
            "The sessions go on, and with them the containers as they are. They follow the files with the "
            "next session that opens when none runs."
        )


def wait(docker: Docker, values: dict[str, str]) -> None:
    """Have the containers follow the files as soon as a session opens and no other runs."""
    envfile.update(docker.project.env_file, {**values, settings.WAITING: "true"}, settings.MANAGED)


def wait_no_more(docker: Docker, values: dict[str, str]) -> None:
    """Leave the containers as they are, which is as the files are."""
    values.pop(settings.WAITING, None)
    envfile.update(docker.project.env_file, values, settings.MANAGED)


def _recreates(docker: Docker, start: tuple[str, ...]) -> bool:
    # A Compose that does not know the option makes them anew without a question, as it always did.
    result = docker.run("compose", "--dry-run", *start)
    return result.code == 0 and "Recreate" in result.out + result.err
