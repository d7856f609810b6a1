"""Brings a project's settings up to date: `.env`, git's mounts, the host's certificates, the bridge."""

from __future__ import annotations

import os
from typing import NamedTuple

from aidevcontainer.bridge import staging, switch
from aidevcontainer.bridge.switch import Switch
from aidevcontainer.engine import image
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.git import enforce
from aidevcontainer.lifecycle import moved, settings
from aidevcontainer.lifecycle.settings import Settings
from aidevcontainer.project import authorities, certificates, env_file, record, ssh_agent
from aidevcontainer.project.paths import Project
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem


class Configuration(NamedTuple):
    """A project that is ready to be built and started: `docker` hands the settings to Compose."""

    docker: Docker
    settings: Settings
    bridge: Switch


def run(
    docker: Docker, console: Console, *, spare: Snapshot | None = None, waits: bool = False
) -> Configuration:
    """Writes everything that Compose reads. Raises Problem.

    Leaves out a change to git's mounts that would end the sessions of `spare`. With `waits`, a switch to
    newer containers that was put off stays put off.
    """
    project = docker.project
    _require_compose_file(project)
    _require_no_private_key(project)
    _tell_of_move(docker, console)
    found = settings.collect(project, docker.variables)
    if waits and project.waits_for_switch():
        found = found.with_({settings.WAITING: "true"})
    enforce.GitStart(docker, console).write(spare)
    _sync_certificates(docker, console)
    found = found.with_(
        {
            settings.CLAUDE: image.claude_version(project),
            settings.TEMPLATE: record.version(project.root),
        }
    )
    made = _recorded(docker, found, switch.decide(project, docker.variables))
    _warn_of_missing_ssh_agent(made.settings, console)
    return made


def without_bridge(configuration: Configuration, remark: str) -> Configuration:
    """Returns and records the configuration of a project whose bridge cannot be. Raises Problem."""
    docker, found, bridge = configuration
    return _recorded(docker, found, bridge.off(remark))


def _recorded(docker: Docker, found: Settings, bridge: Switch) -> Configuration:
    project = docker.project
    staging.stage(project, bridge.on)
    found = found.without(*switch.NAMES).with_(bridge.variables)
    found = found.with_({settings.IMAGE: image.name(project, found.variables)})
    found.write(project)
    return Configuration(_for_compose(docker, found), found, bridge)


def _for_compose(docker: Docker, found: Settings) -> Docker:
    # The caller's environment would win over the file, and the file has its values already.
    caller = {name: value for name, value in docker.variables.items() if name not in switch.NAMES}
    return docker.with_variables({**caller, **settings.proxies(caller), **found.variables})


def _require_compose_file(project: Project) -> None:
    if not os.path.isfile(os.path.join(project.folder, "docker-compose.yml")):
        raise Problem(
            f"{project.folder} has no docker-compose.yml. Write it again, at the root of the repository: "
            "copier update"
        )


def _tell_of_move(docker: Docker, console: Console) -> None:
    sentence = moved.sentence(docker, env_file.read(docker.project.env_file))
    if sentence:
        console.say(sentence)


def _sync_certificates(docker: Docker, console: Console) -> None:
    folder = os.path.join(docker.project.folder, "ca")
    added, removed = certificates.sync(folder, docker.variables)
    if added:
        console.say(
            f"The image will trust {added} more of this machine's certificates (.aidevcontainer/ca/)."
        )
    if removed:
        console.say(f"The image will no longer trust {removed} certificates that this machine dropped.")


def _require_no_private_key(project: Project) -> None:
    leaked = authorities.of(project).leaked
    if leaked:
        raise Problem(
            f".aidevcontainer/ca/{leaked[0]} contains a private key, which would get into the image and to "
            "the agent. Move it out of the repository. Only the certificate belongs there."
        )


def _warn_of_missing_ssh_agent(found: Settings, console: Console) -> None:
    variables = found.variables
    remark = ssh_agent.remark(variables.get(ssh_agent.OPTION, ""), variables)
    if remark:
        console.warn(remark)
