"""The last words of a session, from the process that looks after it. Nobody waits for them."""

from __future__ import annotations

from collections.abc import Iterator

from aidevcontainer.engine.socket_api import Engine, UnreachableError
from aidevcontainer.engine.socket_exec import EngineClient
from aidevcontainer.firewall import journal, refusals
from aidevcontainer.firewall.control import Firewall
from aidevcontainer.git import notices
from aidevcontainer.project.paths import Project
from aidevcontainer.util.errors import Problem


def sentences(
    project: Project, engine: Engine | None, variables: dict[str, str], since: float | None
) -> Iterator[list[str]]:
    """Yields sentences for the person, the quick ones first.

    `since` is the session's start in seconds since 1970, None where nobody wants to hear of refusals.
    """
    if since is not None:
        yield _refused(project, engine, variables, since)
    yield notices.look_at_end(project)


def refused(firewall: Firewall, since: float) -> list[str]:
    """Returns a sentence about the hosts that the firewall refused since then, if there are any.

    Raises Problem.
    """
    found = journal.refusals(firewall.refused())
    count = len({refusals.host(each) for each in found if each.time >= int(since)})
    if not count:
        return []
    noun = "host" if count == 1 else "hosts"
    return [f"The firewall refused {count} {noun} in this session. See: ./.aidevcontainer/firewall log"]


def _refused(project: Project, engine: Engine | None, variables: dict[str, str], since: float) -> list[str]:
    try:
        return refused(_firewall(project, engine, variables), since)
    except (Problem, UnreachableError, OSError, ValueError, LookupError):
        return []  # a session may end because the firewall or the engine did


def _firewall(project: Project, engine: Engine | None, variables: dict[str, str]) -> Firewall:
    if engine is not None:
        return Firewall(EngineClient(project, engine))
    # Loads packages. Only an engine behind TCP or SSH needs it.
    from aidevcontainer.engine.docker_cli import Docker

    return Firewall(Docker(project, variables))
