"""`.aidevcontainer/container`: a project's containers, from the outside."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import NoReturn

from plumbum import cli

from aidevcontainer.bridge import switch
from aidevcontainer.cli.group import Command, CommandGroup
from aidevcontainer.cli.parser import carry_out
from aidevcontainer.engine import build, claude_pin, image, npm_registry, readiness
from aidevcontainer.engine import running as sessions
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.git import notices
from aidevcontainer.lifecycle import status, upgrade
from aidevcontainer.lifecycle.start import Start
from aidevcontainer.project.paths import Project
from aidevcontainer.session import fast, slow
from aidevcontainer.util import consent
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem

_HELP = """\
Usage: ./.aidevcontainer/container [-q] COMMAND [--help]
Starts, stops and shows this project's containers.

Commands:
{commands}

  -q, --quiet  say only what went wrong

Examples:
  ./.aidevcontainer/container up               start both containers, building the image if need be
  ./.aidevcontainer/container shell -- make    one command where Claude works; a shell without it
  ./.aidevcontainer/container doctor           what is wrong, why it matters, what mends it
"""


_NOT_STOPPED = "Nothing was stopped."


class ContainerCommand(CommandGroup):
    """Start, stop and show this project's containers."""

    PROGNAME = "container"
    HELP = _HELP


@ContainerCommand.subcommand("up")
class Up(Command):
    """Start both containers, or bring them in line with the files as they are now."""

    yes = cli.Flag(["-y", "--yes"], help="also when containers are made anew, which ends their sessions")

    def main(self) -> int:
        """Start."""
        return self.carry_out(lambda docker, console: _up(docker, console, bool(self.yes)))


@ContainerCommand.subcommand("down")
class Down(Command):
    """Remove the containers. Claude's own state and the firewall's memory are kept."""

    yes = cli.Flag(["-y", "--yes"], help="also when sessions run, which it ends")

    def main(self) -> int:
        """Stop."""
        return self.carry_out(lambda docker, console: _down(docker, console, bool(self.yes)))


@ContainerCommand.subcommand("restart")
class Restart(Command):
    """Stop both containers and start them again. Ends all sessions."""

    yes = cli.Flag(["-y", "--yes"], help="also when sessions run, which it ends")

    def main(self) -> int:
        """Stop, then start."""
        return self.carry_out(lambda docker, console: _restart(docker, console, bool(self.yes)))


@ContainerCommand.subcommand("rebuild")
class Rebuild(Command):
    """Build the image and put it to use. Ends all sessions."""

    fresh = cli.Flag("--fresh", help="reuse nothing: newest packages, everything is downloaded again")
    yes = cli.Flag(["-y", "--yes"], help="also when sessions run, which it ends")

    def main(self) -> int:
        """Build, then start."""
        flags = ["--no-cache"] if self.fresh else []
        return self.carry_out(lambda docker, console: _rebuild(docker, console, flags, bool(self.yes)))


@ContainerCommand.subcommand("upgrade")
class Upgrade(Command):
    """Move Claude Code to its newest version, or to the one that is named. Sessions go on."""

    back = cli.Flag("--back", help="to the version before the last upgrade on this machine")
    as_json = cli.Flag("--json", help="what became of it, for a program")

    def main(self, version: str = "") -> int:
        """Look it up, pin it with its digests, build, and switch when no session runs."""
        return self.carry_out(lambda docker, console: self._upgrade(docker, console, version))

    def _upgrade(self, docker: Docker, console: Console, version: str) -> int:
        if self.back and version:
            raise Problem("--back goes to the version before, so it takes no other.", WRONG_USAGE)
        if self.back:
            moved = upgrade.back(docker, console)
        else:
            moved = upgrade.to_version(docker, console, version or npm_registry.LATEST)
        if self.as_json:
            sys.stdout.write(json.dumps(moved.as_json(), indent=2) + "\n")
        return 0


@ContainerCommand.subcommand("status")
class ShowStatus(Command):
    """Show what runs, which image and ids are in use, and the state of the firewall."""

    as_json = cli.Flag("--json", help="for a program")

    def main(self) -> int:
        """Print the status."""
        return self.carry_out(lambda docker, _: _status(docker, self.as_json))


@ContainerCommand.subcommand("shell")
class Shell(Command):
    """Open a shell as the agent's user. With arguments behind --, run them instead."""

    def main(self, *command: str) -> int:
        """Open it in the directory that matches the caller's."""
        words = list(command) or ["bash"]
        fast.open_session(self.current_project, words)
        return self.carry_out(lambda docker, console: slow.enter(docker.project, words, console))


@ContainerCommand.subcommand("logs")
class Logs(Command):
    """Show what the containers wrote: of one service (claude, firewall, bridge), or of all."""

    follow = cli.Flag(["-f", "--follow"], help="go on until Ctrl+C")

    def main(self, *services: str) -> int:
        """Become docker's own command for it."""
        flags = ["--follow"] if self.follow else []
        return self.carry_out(lambda docker, _: _logs(docker, flags, list(services)))


ContainerCommand.subcommand("bridge", "aidevcontainer.cli.bridge.BridgeCommand")
ContainerCommand.subcommand("doctor", "aidevcontainer.cli.doctor.Doctor")
ContainerCommand.subcommand("completion", "aidevcontainer.cli.completion_command.CompletionCommand")
ContainerCommand.subcommand("list", "aidevcontainer.cli.list_projects.ListCommand")
ContainerCommand.subcommand("uninstall", "aidevcontainer.cli.uninstall.UninstallCommand")


def main(project: Project, arguments: list[str]) -> int:
    """Runs the command line and returns its exit code."""
    return carry_out(ContainerCommand, project, arguments)


def _up(docker: Docker, console: Console, agreed: bool) -> int:
    start = Start(docker, console)
    start.may_end = lambda found: _may_end(found, console, agreed)
    start.up()
    console.say(f"{start.name} is up.")
    return 0


def _may_end(found: list[str], console: Console, agreed: bool) -> bool:
    consent.tell_sessions(console, found)
    with consent.says_at_ctrl_c(console, _NOT_STOPPED):
        return not found or consent.given("End them?", agreed)


def _sessions_may_end(docker: Docker, console: Console, agreed: bool) -> bool:
    may = _may_end(sessions.running(docker), console, agreed)
    if not may:
        console.say(_NOT_STOPPED)
    return may


def _down(docker: Docker, console: Console, agreed: bool) -> int:
    if not _sessions_may_end(docker, console, agreed):
        return FAILED
    start = Start(docker, console)
    start.configure()
    docker.require_compose()
    # Compose overlooks what belongs to a profile that is off.
    docker.variables[switch.PROFILES] = switch.with_profile(docker.variables.get(switch.PROFILES, ""))
    docker.check("remove the containers", "compose", "down", "--remove-orphans")
    readiness.forget_ready(readiness.container_names(start.name)[1])
    console.say(f"{start.name} is down. What Claude remembers is kept, its sign-in too.")
    return 0


def _restart(docker: Docker, console: Console, agreed: bool) -> int:
    if not _sessions_may_end(docker, console, agreed):
        return FAILED
    start = Start(docker, console)
    start.configure()
    docker.require_compose()
    docker.check("stop the containers", "compose", "stop")
    return _up(docker, console, agreed=True)


def _rebuild(docker: Docker, console: Console, flags: list[str], agreed: bool) -> int:
    if not _sessions_may_end(docker, console, agreed):
        return FAILED
    start = Start(docker, console)
    start.configure(waits=True)
    claude_pin.require_merged(docker.project)
    image.announce(docker.project, console)
    build.run(docker, console, *flags)
    return _up(docker, console, agreed=True)


def _status(docker: Docker, as_json: bool) -> int:
    found = status.collect(docker)
    text = json.dumps(found._asdict(), indent=2) if as_json else status.describe(found)
    sys.stdout.write(text + "\n")
    if not as_json and found.planted:
        notices.acknowledge(docker.project)
    return 0


def _logs(docker: Docker, flags: list[str], services: list[str]) -> NoReturn:
    name = docker.project.name()
    own = dict(zip(("claude", "firewall"), readiness.container_names(name), strict=False))
    own["bridge"] = switch.container_name(name)
    if len(services) == 1 and services[0] in own:
        _one_log(docker, flags, own[services[0]])
    docker.require_compose()
    os.chdir(docker.project.folder)
    _die_of_closed_pipes()
    os.execve(docker.path, ["docker", "compose", "logs", *flags, *services], docker.variables)


def _die_of_closed_pipes() -> None:
    # Python ignores SIGPIPE, and a program inherits that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _one_log(docker: Docker, flags: list[str], container: str) -> NoReturn:
    # Compose writes terminal sequences into the lines even where they go into a file or a pipe.
    if docker.container(container) is None:
        raise Problem("There is no log, since nothing was started yet. Start: ./.aidevcontainer/container up")
    # docker tells a container's two streams apart; for a pipe they are one log.
    os.dup2(1, 2)
    _die_of_closed_pipes()
    os.execve(docker.path, ["docker", "logs", *flags, container], docker.variables)
