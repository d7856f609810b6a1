"""Both containers of a project as the engine described them at one moment.

A phase of a command takes one snapshot and passes it on, so that all its decisions are about the same state.
Take another one after a change to the containers.
"""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_api import Container


class Snapshot(NamedTuple):
    """The agent container and the firewall container. None stands for a container that was never created."""

    agent: Container | None
    firewall: Container | None

    @property
    def exists(self) -> bool:
        """Returns whether at least one of the containers was created."""
        return self.agent is not None or self.firewall is not None

    @property
    def agent_runs(self) -> bool:
        """Returns whether the agent container runs. A paused container does not."""
        return self.agent is not None and self.agent.running

    @property
    def firewall_runs(self) -> bool:
        """Returns whether the firewall container runs. It may still be starting."""
        return self.firewall is not None and self.firewall.running

    @property
    def runs(self) -> bool:
        """Returns whether both containers run."""
        return self.agent_runs and self.firewall_runs

    @property
    def is_paused(self) -> bool:
        """Returns whether one of the containers is paused."""
        return any(each is not None and each.paused for each in self)

    @property
    def shares_namespace(self) -> bool:
        """Returns whether the agent is in the network namespace that the firewall guards now."""
        if self.agent is None or self.firewall is None:
            return False
        return readiness.shares_namespace(self.agent, self.firewall)

    @property
    def is_stale(self) -> bool:
        """Returns whether the agent runs in a namespace that a firewall container no longer guards."""
        return self.agent_runs and self.firewall is not None and not self.shares_namespace

    @property
    def sessions(self) -> tuple[str, ...]:
        """Returns the engine's numbers of the open sessions."""
        return tuple(self.agent.sessions) if self.agent and self.agent.running else ()

    @property
    def image(self) -> str:
        """Returns the name of the agent container's image, empty where there is no such container."""
        return self.agent.image if self.agent else ""

    def label(self, name: str) -> str:
        """Returns a label of the agent container, empty where it is not set."""
        return self.agent.labels.get(name, "") if self.agent else ""

    def belongs_to(self, root: str) -> bool:
        """Returns whether the agent container was created for the project at this real path."""
        return self.label(readiness.WORKSPACE_LABEL) == root

    def can_open(self, root: str) -> bool:
        """Returns whether sessions of the project at `root` can open once the firewall is ready."""
        return self.runs and self.belongs_to(root) and self.shares_namespace


def take(docker: Docker, project_name: str) -> Snapshot:
    """Asks the engine about both containers. Raises Problem when the engine does not answer."""
    agent, firewall = readiness.container_names(project_name)
    return Snapshot(docker.container(agent), docker.container(firewall))
