"""Sessions that would end because their containers are recreated: a person is asked, and a no puts it off."""

from __future__ import annotations

from collections.abc import Callable

from aidevcontainer.engine import running
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.lifecycle import settings
from aidevcontainer.lifecycle.settings import Settings
from aidevcontainer.project.paths import Project
from aidevcontainer.util.errors import Problem

# One at a time, as a start runs them: for both at once, Compose would see another network for the agent.
_STARTS = (("up", "--detach", "firewall"), ("up", "--detach", "--no-deps", "claude"))

MayEnd = Callable[[list[str]], bool]


def require(docker: Docker, found: Settings, seen: Snapshot, may_end: MayEnd) -> None:
    """Asks `may_end` about the sessions of `seen` that a start would end. Raises Problem after a no."""
    if not seen.sessions or not any(_recreates(docker, start) for start in _STARTS):
        return
    if not may_end(running.running(docker, seen)):
        wait(docker.project, found)
        raise Problem("Sessions keep running. The change applies once the last one ends.")


def wait(project: Project, found: Settings) -> None:
    """Puts the switch to new containers off until a session opens and no other runs. Raises OSError."""
    found.with_({settings.WAITING: "true"}).write(project)


def wait_no_more(project: Project, found: Settings) -> None:
    """Records that the containers are as the files are. Raises OSError."""
    found.without(settings.WAITING).write(project)


def _recreates(docker: Docker, start: tuple[str, ...]) -> bool:
    # A Compose that does not know the option recreates them without a question, as it always did.
    result = docker.run("compose", "--dry-run", *start)
    return result.code == 0 and "Recreate" in result.out + result.err
