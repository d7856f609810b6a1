"""Whether a session can open right now, judged from the engine's description of both containers."""

from __future__ import annotations

import os

from aidevcontainer.engine.socket_api import Container, Engine
from aidevcontainer.util import cache

# What typing has under this name costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WORKSPACE_LABEL = "aidevcontainer.workspace"


def container_names(project_name: str) -> tuple[str, str]:
    """Returns the names of the agent container and of the firewall container."""
    return f"{project_name}-claude-1", f"{project_name}-firewall-1"


def obstacle(engine: Engine, project_name: str, root: str, unprotected: Callable[[str, str], bool]) -> str:
    """Returns why no session can open at once, or an empty string when one can. Raises UnreachableError.

    `unprotected` tells whether git's files at `root` lost their protection since the agent started.
    """
    claude_name, firewall_name = container_names(project_name)
    claude = engine.container(claude_name)
    if claude is None or not claude.running:
        return "the container is not running"
    firewall = engine.container(firewall_name)
    if firewall is None or not firewall.running:
        return "the firewall is not running"
    reason = mismatch(claude, firewall, root)
    if not reason and unprotected(root, claude.started):
        reason = "git's configuration changed"
    ready = firewall.healthy or (firewall.starting and _was_ready(firewall_name, firewall))
    if not reason and not ready:
        reason = "the firewall is not ready"
    if not reason and not _was_ready(claude_name, claude):
        reason = "the agent container has not proved that the rules apply to it"
    return reason


def mismatch(claude: Container, firewall: Container, root: str) -> str:
    """Returns why no session can open in two running containers, or an empty string."""
    if claude.labels.get(WORKSPACE_LABEL) != root:
        return "the container belongs to another directory"
    if not shares_namespace(claude, firewall):
        return "the firewall was restarted"
    return ""


def remember_ready(name: str, container: Container) -> None:
    """Remembers that a container proved itself since its last start: the firewall, or the agent's.

    The engine knows of the firewall only after its first health check, five seconds later, and never of the
    agent's container. Every session would have to ask again: 340 ms instead of 95.
    """
    path = cache.path("ready", name)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(_this_start(container))
    except OSError:
        return  # then sessions ask again


def forget_ready(project_name: str) -> None:
    """Forgets it, when a project's containers are removed."""
    for name in container_names(project_name):
        cache.forget("ready", name)


def _was_ready(name: str, container: Container) -> bool:
    try:
        with open(cache.path("ready", name), encoding="utf-8") as file:
            return file.read() == _this_start(container)
    except (OSError, ValueError):
        return False


def _this_start(container: Container) -> str:
    return f"{container.id} {container.started}"


def shares_namespace(claude: Container, firewall: Container) -> bool:
    """Returns whether the agent is in the network namespace that the firewall guards now.

    A firewall container that was created again has another id. After a restart it has the same id and a new
    namespace, while the agent container keeps the old, dead one until it restarts as well.
    """
    joined = claude.network == f"container:{firewall.id}"
    # Go drops the trailing zeros of a fraction. Without the Z, the shorter text sorts first, as it should.
    return joined and claude.started.rstrip("Z") >= firewall.started.rstrip("Z")
