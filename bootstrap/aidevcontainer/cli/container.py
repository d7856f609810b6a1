"""`.aidevcontainer/container`: starts, stops and shows a project's containers."""

from __future__ import annotations

import json

from plumbum import cli

from aidevcontainer.cli.group import Command, CommandGroup
from aidevcontainer.cli.parser import carry_out
from aidevcontainer.engine import running
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.git import notices
from aidevcontainer.lifecycle import rebuild, start, status, stop
from aidevcontainer.project.paths import Project
from aidevcontainer.session import fast, slow
from aidevcontainer.util import consent
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED
from aidevcontainer.util.printable import answer

_HELP = """\
Usage: ./.aidevcontainer/container [-q] COMMAND [--help]
Starts, stops and shows this project's containers.

Commands:
{commands}

  -q, --quiet  print only warnings and errors; --verbose shows the commands that run

Examples:
  ./.aidevcontainer/container up               start both containers; builds the image if needed
  ./.aidevcontainer/container shell -- make    run a command in the agent container
  ./.aidevcontainer/container doctor           find problems, and the command that fixes each
"""
_YES = ["-y", "--yes"]
_NOT_STOPPED = "Nothing was stopped."


class ContainerCommand(CommandGroup):
    """Start, stop and show this project's containers."""

    PROGNAME = "container"
    HELP = _HELP


@ContainerCommand.subcommand("up")
class Up(Command):
    """Start both containers, or update them after the files changed."""

    yes = cli.Flag(_YES, help="end sessions without a question where new containers are needed")

    def main(self) -> int:
        """Starts."""
        return self.carry_out(lambda docker, console: _up(docker, console, bool(self.yes)))


@ContainerCommand.subcommand("down")
class Down(Command):
    """Remove the containers. Keeps Claude's memory and sign-in."""

    yes = cli.Flag(_YES, help="end sessions without a question")

    def main(self) -> int:
        """Stops and removes."""
        return self.carry_out(lambda docker, console: _down(docker, console, bool(self.yes)))


@ContainerCommand.subcommand("restart")
class Restart(Command):
    """Stop both containers and start them again. Ends all sessions."""

    yes = cli.Flag(_YES, help="end sessions without a question")

    def main(self) -> int:
        """Stops, then starts."""
        return self.carry_out(lambda docker, console: _restart(docker, console, bool(self.yes)))


@ContainerCommand.subcommand("rebuild")
class Rebuild(Command):
    """Build the image and restart the containers with it. Ends all sessions."""

    fresh = cli.Flag("--fresh", help="reuse nothing: download everything again, in its newest version")
    yes = cli.Flag(_YES, help="end sessions without a question")

    def main(self) -> int:
        """Builds, then starts."""
        return self.carry_out(
            lambda docker, console: _rebuild(docker, console, bool(self.fresh), bool(self.yes))
        )


@ContainerCommand.subcommand("status")
class ShowStatus(Command):
    """Show the containers, the image, the ids and the state of the firewall."""

    as_json = cli.Flag("--json", help="print JSON")

    def main(self) -> int:
        """Prints the status."""
        return self.carry_out(lambda docker, _: _status(docker, self.as_json))


@ContainerCommand.subcommand("shell")
class Shell(Command):
    """Open a shell as the agent's user, or run the command after --."""

    def main(self, *command: str) -> int:
        """Opens it in the directory that matches the caller's."""
        words = list(command) or ["bash"]
        fast.open_session(self.current_project, words, self.console().quiet)
        return self.carry_out(lambda docker, console: slow.enter(docker.project, words, console))


ContainerCommand.subcommand("upgrade", "aidevcontainer.cli.upgrade.UpgradeCommand")
ContainerCommand.subcommand("logs", "aidevcontainer.cli.logs.LogsCommand")
ContainerCommand.subcommand("bridge", "aidevcontainer.cli.bridge.BridgeCommand")
ContainerCommand.subcommand("doctor", "aidevcontainer.cli.doctor.Doctor")
ContainerCommand.subcommand("completion", "aidevcontainer.cli.completion_command.CompletionCommand")
ContainerCommand.subcommand("list", "aidevcontainer.cli.list_projects.ListCommand")
ContainerCommand.subcommand("uninstall", "aidevcontainer.cli.uninstall.UninstallCommand")


def main(project: Project, arguments: list[str]) -> int:
    """Runs the command line and returns its exit code."""
    return carry_out(ContainerCommand, project, arguments)


def _up(docker: Docker, console: Console, agreed: bool) -> int:
    complete = start.up(docker, console, lambda sessions: _may_end(sessions, console, agreed))
    console.say(f"{docker.project.name()} is up{'' if complete else ', without some of its services'}.")
    return 0 if complete else FAILED


def _down(docker: Docker, console: Console, agreed: bool) -> int:
    if not _sessions_may_end(docker, console, agreed):
        return FAILED
    stop.remove(docker, console)
    console.say(f"{docker.project.name()} is down. Claude's memory and sign-in are kept.")
    return 0


def _restart(docker: Docker, console: Console, agreed: bool) -> int:
    if not _sessions_may_end(docker, console, agreed):
        return FAILED
    stop.stop(docker, console)
    return _up(docker, console, agreed=True)


def _rebuild(docker: Docker, console: Console, fresh: bool, agreed: bool) -> int:
    if not _sessions_may_end(docker, console, agreed):
        return FAILED
    rebuild.run(docker, console, fresh=fresh)
    return _up(docker, console, agreed=True)


def _may_end(sessions: list[str], console: Console, agreed: bool) -> bool:
    consent.tell_sessions(console, sessions)
    with consent.says_at_ctrl_c(console, _NOT_STOPPED):
        return not sessions or consent.given("End them?", agreed)


def _sessions_may_end(docker: Docker, console: Console, agreed: bool) -> bool:
    may = _may_end(running.running(docker), console, agreed)
    if not may:
        console.say(_NOT_STOPPED)
    return may


def _status(docker: Docker, as_json: bool) -> int:
    found = status.collect(docker)
    text = json.dumps(found._asdict(), indent=2) if as_json else status.describe(found)
    answer(text + "\n")
    if not as_json and found.planted:
        notices.acknowledge(docker.project)
    return 0
