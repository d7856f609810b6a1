"""Applies git's mounts when a project starts, and again after the host's git undid one of them."""

from __future__ import annotations

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.git import lacking, mount_file, mounts, protection
from aidevcontainer.util.console import Console

_RESTART = "When the other sessions have ended: ./.aidevcontainer/container restart"


class GitStart:
    """One project's part of git. Its methods raise Problem."""

    def __init__(self, docker: Docker, console: Console) -> None:
        self._docker = docker
        self._console = console
        self._root = docker.project.root

    def write(self, spare: Snapshot | None = None) -> None:
        """Writes the file for Compose, unless a change to it would end the open sessions of `spare`."""
        wanted = mounts.prepare(self._root)
        if wanted.remark:
            self._console.say(wanted.remark)
        for sentence in lacking.sentences(self._root):
            self._console.say(sentence)
        if spare and spare.sessions and mount_file.changed(self._root, wanted.mounts):
            self._console.warn(
                "The git files that the agent may see changed on this machine (a submodule, a folder of "
                "hooks, another scaffold). The container keeps the old set, because sessions are open. "
                f"{_RESTART}"
            )
            return
        mount_file.write(self._root, wanted.mounts, wanted.watched)

    def protect(self, seen: Snapshot, *, made_now: bool = False) -> bool:
        """Restarts an idle agent container where a mount was undone, and warns where sessions are open.

        A container that was `made_now` has lost only what changed since its start: no need to look inside.
        Returns whether it restarted the container.
        """
        agent = seen.agent
        if agent is None or not agent.running:
            return False
        gone = [] if made_now else self._detached(agent)
        if seen.sessions:
            if gone:
                self._warn(gone)
            return False
        renews = bool(gone) or protection.lost(self._root, agent.started)
        if renews:
            self._renew(agent)
        return renews

    def _detached(self, agent: Container) -> list[str]:
        result = self._docker.execute(agent.id, "cat", "/proc/self/mountinfo")
        return protection.detached(self._root, result.out)

    def _warn(self, gone: list[str]) -> None:
        self._console.warn(
            f"Git's configuration changed on this machine, and the agent can write to {', '.join(gone)} "
            f"until its container restarts. {_RESTART}"
        )

    def _renew(self, agent: Container) -> None:
        self._console.say("Git's configuration changed. Restarting the agent's container to protect it.")
        # First: a program inside could put a link in the place of a folder that was just checked.
        self._docker.check("stop the agent's container", "stop", "--time", "1", agent.id)
        wanted = mounts.prepare(self._root)
        changed = mount_file.changed(self._root, wanted.mounts)
        mount_file.write(self._root, wanted.mounts, wanted.watched)
        if changed:
            self._docker.check(
                "renew the agent's container", "compose", "up", "--detach", "--no-deps", "claude"
            )
        else:
            self._docker.check("start the agent's container", "start", agent.id)
