"""From any state to a place where a session can open: settings, image, firewall, agent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aidevcontainer.bridge import link, staging, switch
from aidevcontainer.engine import diagnosis, image, readiness, snapshot, volumes
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.git import enforce, notices
from aidevcontainer.git import identity as git_identity
from aidevcontainer.lifecycle import agent_start, moved, reminders, settings, spared_sessions
from aidevcontainer.project import certificates, names, record, ssh_agent
from aidevcontainer.project import env_file as envfile
from aidevcontainer.util import light_json, lock
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem

_TOOLS = "/usr/local/lib/aidevcontainer"
_LOGS = "See ./.aidevcontainer/container logs firewall"
_WARNINGS = 5  # the most that a start shows
_READY_WITHIN = "60"  # seconds


class Start:
    """Brings one project up."""

    def __init__(self, docker: Docker, console: Console) -> None:
        self.docker = docker
        self.project = docker.project
        self.console = console
        self.values: dict[str, str] = {}
        self.git = enforce.GitStart(docker, console)
        self.bridge = switch.OFF
        self.may_end: spared_sessions.MayEnd = lambda _: True
        self._policy: dict[str, Any] = {}

    def for_session(self) -> None:
        """Make a session possible and disturb nothing that others may be working in. Raises Problem."""
        self._take_turns(self._for_session)

    def up(self) -> None:
        """Start or update both containers so that they follow the files as they are now. Raises Problem."""
        self._take_turns(self._up)

    def configure(self, *, spare_sessions: bool = False, waits: bool = False) -> None:
        """Bring `.env`, git's mounts and the host's certificates up to date. Raises Problem.

        With `waits` a switch that was put off is still waited for, as it is until the containers are new.
        """
        self._require_scaffold()
        self._tell_of_move()
        self.values = settings.collect(self.project, self.docker.variables)
        if waits and self.project.waits_for_switch():
            self.values[settings.WAITING] = "true"
        self.git.write(self.containers() if spare_sessions else None)
        self._certificates()
        self.values["AIDEVCONTAINER_CLAUDE"] = image.claude_version(self.project)
        self.values["AIDEVCONTAINER_TEMPLATE"] = record.version(self.project.root)
        self._record(switch.decide(self.project, self.docker.variables))
        self._tell_of_missing_agent()

    def containers(self) -> Snapshot:
        """Return the agent's and the firewall's container. Raises Problem."""
        return snapshot.take(self.docker, self.name)

    @property
    def name(self) -> str:
        """The Compose project's name."""
        return self.values["COMPOSE_PROJECT_NAME"]

    def _take_turns(self, work: Callable[[], None]) -> None:
        waiting = "Waiting for another start of this project."
        name = f"start-{names.project_name(self.project.root)}"
        with lock.held(name, lambda: self.console.say(waiting)):
            work()

    def _for_session(self) -> None:
        recorded = self.project.recorded_name()
        if recorded:
            self.values = {"COMPOSE_PROJECT_NAME": recorded}
            if self._runs() and not self._should_switch():
                self._await_firewall()
                self._protect_git()
                return
            if self.project.waits_for_switch():
                self.console.say("No session runs any more: the containers follow the files as they are now.")
        self._up()

    def _runs(self) -> bool:
        claude, firewall = self.containers()
        if not (claude and claude.running and firewall and firewall.running):
            return False
        ours = claude.labels.get(readiness.WORKSPACE_LABEL) == self.project.root
        return ours and readiness.shares_namespace(claude, firewall)

    def _should_switch(self) -> bool:
        claude, _ = self.containers()
        return self.project.waits_for_switch() and claude is not None and not claude.sessions

    def _up(self) -> None:
        self.configure(spare_sessions=True, waits=True)
        self._image()
        spared_sessions.require(self.docker, self.values, self.may_end)
        self._shared_volume()
        self.console.say("Starting the firewall.")
        self.docker.check("start the firewall", "compose", "up", "--detach", "firewall")
        self._agent()
        # Only now: a start that failed has left the containers as they were.
        spared_sessions.wait_no_more(self.docker, self.values)
        git_identity.hand_over(self.docker, readiness.container_names(self.name)[0])
        link.follow(self.docker, self.console, self.bridge, self.name)
        self._report_warnings()
        for sentence in reminders.collect(Path(self.project.root)):
            self.console.say(sentence)

    def _agent(self) -> None:
        name = readiness.container_names(self.name)[0]
        made_now = self.docker.container(name) is None
        with agent_start.prepared(self.docker, name, make=made_now) as start:
            self._await_firewall()
        self._leave_dead_namespace()
        notices.begin(self.project)
        start()
        self.git.protect(self.containers(), made_now=made_now)

    def _record(self, bridge: switch.Switch) -> None:
        self.bridge = bridge
        for name in switch.NAMES:
            self.values.pop(name, None)
            self.docker.variables.pop(name, None)
        self.values.update(bridge.variables)
        staging.stage(self.project, bridge.on)
        self.values["AIDEVCONTAINER_IMAGE"] = image.name(self.project, self.values)
        # The caller's environment would win over the file, and has had its say in it.
        self.docker.variables.update({**settings.proxies(self.docker.variables), **self.values})
        envfile.update(self.project.env_file, self.values, settings.MANAGED)

    def _image(self) -> None:
        try:
            image.ensure(self.docker, self.values, self.console)
        except Problem as problem:
            if not self.bridge.on:
                raise
            self._record(self.bridge.off(f"The bridge stays off, since its image failed. {problem}"))
            image.ensure(self.docker, self.values, self.console)

    def _certificates(self) -> None:
        came, went = certificates.sync(os.path.join(self.project.folder, "ca"), self.docker.variables)
        if came:
            self.console.say(
                f"The image will trust {came} more of this machine's own certificates (.aidevcontainer/ca/)."
            )
        if went:
            self.console.say(f"The image will no longer trust {went} certificates that this machine dropped.")

    def _shared_volume(self) -> None:
        if self.docker.has_volume(volumes.SHARED):
            return
        self.docker.check("create the volume for Claude's program", "volume", "create", volumes.SHARED)

    def _await_firewall(self) -> None:
        firewall = readiness.container_names(self.name)[1]
        found = self.docker.container(firewall)
        result = self.docker.execute(firewall, f"{_TOOLS}/wait-ready.sh", _READY_WITHIN)
        if result.code == 0:
            self._policy = light_json.fields(result.out)
            if found:
                readiness.remember_ready(firewall, found)
            return
        reason = result.err.strip() or diagnosis.last_line(result.out)
        if "is restarting" in reason or "is not running" in reason:
            logs = self.docker.run("logs", "--tail", "20", firewall)
            reason = diagnosis.last_line(logs.err + logs.out)
        raise Problem(f"The firewall does not let the agent start: {reason}\n{_LOGS}")

    def _leave_dead_namespace(self) -> None:
        claude, firewall = self.containers()
        if claude is None or firewall is None or not claude.running:
            return
        if not readiness.shares_namespace(claude, firewall):
            # What still runs in there has no network any more, not even a closed one.
            self.console.say("The firewall was restarted, so the agent's container is too.")
            self.docker.check("stop the agent's container", "rm", "--force", claude.id)

    def _protect_git(self) -> None:
        self.git.protect(self.containers())

    def _tell_of_missing_agent(self) -> None:
        remark = ssh_agent.remark(self.values.get(ssh_agent.OPTION, ""), self.values)
        if remark:
            self.console.warn(remark)

    def _tell_of_move(self) -> None:
        said = moved.sentence(self.docker, envfile.read(self.project.env_file))
        if said:
            self.console.say(said)

    def _report_warnings(self) -> None:
        warnings = self._policy.get("warnings", [])
        for warning in warnings[:_WARNINGS]:
            self.console.warn(str(warning))
        if len(warnings) > _WARNINGS:
            more = len(warnings) - _WARNINGS
            self.console.warn(f"{more} more warnings of the firewall: ./.aidevcontainer/container status")

    def _require_scaffold(self) -> None:
        if not os.path.isfile(os.path.join(self.project.folder, "docker-compose.yml")):
            raise Problem(
                f"{self.project.folder} has no docker-compose.yml. Write it anew, at the root of the "
                "repository: copier update"
            )
