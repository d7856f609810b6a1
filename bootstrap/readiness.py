"""Whether a session may open right now, judged from what the engine says of the two containers."""

from __future__ import annotations

from bootstrap import git_protection
from bootstrap.engine_api import Container, Engine

WORKSPACE_LABEL = "aidevcontainer.workspace"


def container_names(project_name: str) -> tuple[str, str]:
    """Return the names of the agent's container and of the firewall's."""
    return f"{project_name}-claude-1", f"{project_name}-firewall-1"


def obstacle(engine: Engine, project_name: str, root: str) -> str:
    """Return why no session can open at once, or an empty string when one can. Raises UnreachableError."""
    claude_name, firewall_name = container_names(project_name)
    claude = engine.container(claude_name)
    if claude is None or not claude.running:
        return "the container does not run"
    firewall = engine.container(firewall_name)
    if firewall is None or not firewall.running:
        return "the firewall does not run"
    return mismatch(claude, firewall, root)


def mismatch(claude: Container, firewall: Container, root: str) -> str:
    """Return why two running containers do not make a session's place, or an empty string."""
    if claude.labels.get(WORKSPACE_LABEL) != root:
        return "the container belongs to another directory"
    if not shares_namespace(claude, firewall):
        return "the firewall was restarted"
    if git_protection.lost(root, claude.started):
        return "git's configuration changed"
    return "" if firewall.healthy else "the firewall is not ready"


def shares_namespace(claude: Container, firewall: Container) -> bool:
    """Tell whether the agent sits in the namespace that the firewall guards now.

    A firewall that was recreated has another id. One that was merely restarted has a new namespace, while the
    agent's container keeps the old, dead one until it is restarted as well.
    """
    joined = claude.network == f"container:{firewall.id}"
    # Go drops the trailing zeros of a fraction: without the Z, the shorter one sorts first, as it should.
    return joined and claude.started.rstrip("Z") >= firewall.started.rstrip("Z")
