"""`.aidevcontainer/container bridge`: shows, tests and changes the commands for the project's containers."""

from __future__ import annotations

import json
import os

from plumbum import cli

from aidevcontainer.bridge import file, link, probe, status, suggest, switch
from aidevcontainer.cli.group import Command, CommandGroup
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util import files
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.printable import answer

_HELP = """\
Usage: ./.aidevcontainer/container bridge [-q] COMMAND [--help]

Lets the agent run commands in the project's own containers. .aidevcontainer/bridge.yaml declares
them. Without that file the bridge is off.

Commands:
{commands}

  -q, --quiet  print only warnings and errors; --verbose shows the commands that run

Examples:
  ./.aidevcontainer/container bridge suggest > .aidevcontainer/bridge.yaml    then edit it
  ./.aidevcontainer/container up                                              switches the bridge on
  ./.aidevcontainer/container bridge reload                                   after a change
"""


class BridgeCommand(CommandGroup):
    """Show, test and change the agent's commands in the project's own containers."""

    PROGNAME = "container bridge"
    HELP = _HELP


@BridgeCommand.subcommand("status")
class BridgeStatusCommand(Command):
    """Show where each command runs, and whether its container is up and has the repository."""

    as_json = cli.Flag("--json", help="print JSON")

    def main(self) -> int:
        """Prints the status. The exit code is 1 where the bridge should work and does not."""
        return self.carry_out(lambda docker, _: _status(docker, self.as_json))


@BridgeCommand.subcommand("reload")
class BridgeReloadCommand(Command):
    """Put bridge.yaml into force. Running commands go on."""

    def main(self) -> int:
        """Reloads the file. A broken one changes nothing."""
        return self.carry_out(_reload)


@BridgeCommand.subcommand("test")
class BridgeTestCommand(Command):
    """Try the real way to each command's container, without running the command."""

    as_json = cli.Flag("--json", help="print JSON")

    def main(self) -> int:
        """Prints a line for each command. The exit code is 1 when one failed."""
        return self.carry_out(lambda docker, _: _test(docker, self.as_json))


@BridgeCommand.subcommand("suggest")
class BridgeSuggestCommand(Command):
    """Print a bridge.yaml to edit, made from the project's own Compose files."""

    write = cli.Flag("--write", help="create .aidevcontainer/bridge.yaml, if it does not exist")
    as_json = cli.Flag("--json", help="print JSON", excludes=["--write"])

    def main(self) -> int:
        """Prints the file, or writes it."""
        return self.carry_out(lambda docker, console: _suggest(docker, console, self.write, self.as_json))


def _status(docker: Docker, as_json: bool) -> int:
    found = status.collect(docker)
    _answer(json.dumps(status.as_data(found), indent=2) if as_json else status.describe(found))
    return 0 if found.state in ("off", "ready") else 1


def _reload(docker: Docker, console: Console) -> int:
    declared = _declared(docker)
    name = docker.project.name()
    broker = docker.container(switch.container_name(name))
    if broker is None or not broker.running:
        raise Problem("The bridge is not running. Start it: ./.aidevcontainer/container up")
    before = link.in_force(docker, name)
    after = link.resolve(docker, declared, name)
    link.hand_over(docker, after)
    console.say(status.difference(before, after))
    return 0


def _declared(docker: Docker) -> file.BridgeFile:
    try:
        declared = file.load(docker.project)
    except file.BridgeFileError as error:
        raise Problem(f"Nothing was reloaded. {error}") from error
    if declared is None:
        raise Problem(
            "There is no .aidevcontainer/bridge.yaml. Create one: ./.aidevcontainer/container bridge suggest "
            "--write. To switch the bridge off: ./.aidevcontainer/container up"
        )
    return declared


def _test(docker: Docker, as_json: bool) -> int:
    found = probe.run(docker)
    _answer(json.dumps([each._asdict() for each in found], indent=2) if as_json else probe.describe(found))
    return 0 if all(each.works for each in found) else 1


def _suggest(docker: Docker, console: Console, write: bool, as_json: bool) -> int:
    found = suggest.collect(docker.project.root)
    for sentence in found.problems:
        console.warn(sentence)
    if as_json:
        _answer(json.dumps([each._asdict() for each in found.services], indent=2))
        return 0
    text = suggest.describe(found)
    if write:
        return _write(docker, console, text)
    answer(text)
    return 0


def _write(docker: Docker, console: Console, text: str) -> int:
    try:
        file.parse(text.encode())
    except file.BridgeFileError as error:
        raise Problem(
            "Nothing was written, because no image was recognized. For an example to edit: "
            "./.aidevcontainer/container bridge suggest"
        ) from error
    path = file.path(docker.project)
    try:
        with open(path, "x", encoding="utf-8") as created:
            created.write(text)
    except FileExistsError as error:
        raise Problem(f"{path} already exists and was not changed.") from error
    files.give(path)
    console.say(f"Wrote {os.path.relpath(path)}. Edit it, then: ./.aidevcontainer/container up")
    return 0


def _answer(text: str) -> None:
    answer(text + "\n")
