"""Puts git's mounts in force when a project starts, and again when the host's git undid one of them."""

from __future__ import annotations

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.git import mounts as git_mounts
from aidevcontainer.git import protection
from aidevcontainer.util.console import Console

_RESTART = "When the other sessions have ended: ./.aidevcontainer/container restart"


class GitStart:
    """One project's part of git. Its methods raise Problem."""

    def __init__(self, docker: Docker, console: Console) -> None:
        self._docker = docker
        self._console = console
        self._root = docker.project.root

    def write(self, spare: Container | None = None) -> None:
        """Write the file for Compose; not one that would end the sessions of the container to `spare`."""
        wanted = git_mounts.prepare(self._root)
        if wanted.remark:
            self._console.say(wanted.remark)
        if spare and spare.running and spare.sessions and git_mounts.changed(self._root, wanted.mounts):
            self._console.warn(
                "What the agent's container should see of git changed on this machine (a submodule, a folder "
                f"of hooks). It is kept as it was, because sessions are open. {_RESTART}"
            )
            return
        git_mounts.write(self._root, wanted.mounts)

    def protect(self, claude: Container | None, *, made_now: bool = False) -> None:
        """Start an idle container anew where a mount was undone; warn where somebody works in it.

        What was undone in one that was `made_now` has changed since its start: no need to look inside.
        """
        if claude is None or not claude.running:
            return
        gone = [] if made_now else self._detached(claude)
        if claude.sessions:
            if gone:
                self._warn(gone)
            return
        if gone or protection.lost(self._root, claude.started):
            self._renew(claude)

    def _detached(self, claude: Container) -> list[str]:
        result = self._docker.execute(claude.id, "cat", "/proc/self/mountinfo")
        return protection.detached(self._root, result.out)

    def _warn(self, gone: list[str]) -> None:
        self._console.warn(
            f"Git's configuration changed on this machine, and the agent can write to {', '.join(gone)} "
            f"until its container is started anew. {_RESTART}"
        )

    def _renew(self, claude: Container) -> None:
        self._console.say("Git's configuration changed: the agent's container is started anew to protect it.")
        # First, since what still runs in there could put a link where a folder was found to be none.
        self._docker.check("stop the agent's container", "stop", "--time", "1", claude.id)
        wanted = git_mounts.prepare(self._root).mounts
        if git_mounts.changed(self._root, wanted):
            git_mounts.write(self._root, wanted)
            self._docker.check(
                "renew the agent's container", "compose", "up", "--detach", "--no-deps", "claude"
            )
        else:
            self._docker.check("start the agent's container", "start", claude.id)
