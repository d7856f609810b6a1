"""Whether a session may open right now, judged from what the engine says of the two containers."""

from __future__ import annotations

import os

from aidevcontainer.engine.socket_api import Container, Engine
from aidevcontainer.util import cache

# On the way of every session, for which this would cost a millisecond.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WORKSPACE_LABEL = "aidevcontainer.workspace"


def container_names(project_name: str) -> tuple[str, str]:
    """Return the names of the agent's container and of the firewall's."""
    return f"{project_name}-claude-1", f"{project_name}-firewall-1"


def obstacle(engine: Engine, project_name: str, root: str, unprotected: Callable[[str, str], bool]) -> str:
    """Returns why no session can open at once, or an empty string when one can. Raises UnreachableError.

    `unprotected` tells whether git's files at `root` lost their protection since the agent started.
    """
    claude_name, firewall_name = container_names(project_name)
    claude = engine.container(claude_name)
    if claude is None or not claude.running:
        return "the container does not run"
    firewall = engine.container(firewall_name)
    if firewall is None or not firewall.running:
        return "the firewall does not run"
    reason = mismatch(claude, firewall, root)
    if not reason and unprotected(root, claude.started):
        reason = "git's configuration changed"
    ready = firewall.healthy or (firewall.starting and _was_ready(firewall_name, firewall))
    return reason or ("" if ready else "the firewall is not ready")


def mismatch(claude: Container, firewall: Container, root: str) -> str:
    """Return why two running containers do not make a session's place, or an empty string."""
    if claude.labels.get(WORKSPACE_LABEL) != root:
        return "the container belongs to another directory"
    if not shares_namespace(claude, firewall):
        return "the firewall was restarted"
    return ""


def remember_ready(firewall_name: str, firewall: Container) -> None:
    """Keep that the firewall has said it is in force since this start of it.

    The engine says so only at its first look, five seconds later. Until then every session would go the long
    way, to ask the firewall itself: 340 ms against 95.
    """
    path = cache.path("ready", firewall_name)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(_this_start(firewall))
    except OSError:
        return  # then they go the long way


def forget_ready(firewall_name: str) -> None:
    """Take that away again, when the firewall's container is gone."""
    cache.forget("ready", firewall_name)


def _was_ready(firewall_name: str, firewall: Container) -> bool:
    try:
        with open(cache.path("ready", firewall_name), encoding="utf-8") as file:
            return file.read() == _this_start(firewall)
    except (OSError, ValueError):
        return False


def _this_start(firewall: Container) -> str:
    return f"{firewall.id} {firewall.started}"


def shares_namespace(claude: Container, firewall: Container) -> bool:
    """Tell whether the agent sits in the namespace that the firewall guards now.

    A firewall that was recreated has another id. One that was merely restarted has a new namespace, while the
    agent's container keeps the old, dead one until it is restarted as well.
    """
    joined = claude.network == f"container:{firewall.id}"
    # Go drops the trailing zeros of a fraction: without the Z, the shorter one sorts first, as it should.
    return joined and claude.started.rstrip("Z") >= firewall.started.rstrip("Z")
