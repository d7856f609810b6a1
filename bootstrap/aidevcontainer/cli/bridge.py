"""`.aidevcontainer/container bridge`: the project's own commands in the project's own containers."""

from __future__ import annotations

import json
import os
import sys

from plumbum import cli

from aidevcontainer.bridge import file as bridge_file
from aidevcontainer.bridge import link, probe, status, suggest, switch
from aidevcontainer.cli.group import Command, CommandGroup
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem

_HELP = """\
Usage: ./.aidevcontainer/container bridge [-q] COMMAND [--help]

Commands that the agent may run in the project's own containers: .aidevcontainer/bridge.yaml
declares them. Without that file the bridge is off.

Commands:
{commands}

  -q, --quiet  say only what went wrong

Examples:
  ./.aidevcontainer/container bridge suggest > .aidevcontainer/bridge.yaml    then edit it
  ./.aidevcontainer/container up                                              switches it on
  ./.aidevcontainer/container bridge reload                                   after a change
"""


class BridgeCommand(CommandGroup):
    """Show, test and change which of the project's own commands the agent may run."""

    PROGNAME = "container bridge"
    HELP = _HELP


@BridgeCommand.subcommand("status")
class Status(Command):
    """Show which command runs where, whether its container is up and has this repository."""

    as_json = cli.Flag("--json", help="for a program")

    def main(self) -> int:
        """Print it; exit code 1 where the bridge should work and does not."""
        return self.carry_out(lambda docker, _: _status(docker, self.as_json))


@BridgeCommand.subcommand("reload")
class Reload(Command):
    """Put bridge.yaml into force as it is now. Commands that run are left alone."""

    def main(self) -> int:
        """Reload; a broken file changes nothing."""
        return self.carry_out(_reload)


@BridgeCommand.subcommand("test")
class Test(Command):
    """Try the way from the agent's container to each command's, without running the command."""

    as_json = cli.Flag("--json", help="for a program")

    def main(self) -> int:
        """Print what became of each; exit code 1 when one failed."""
        return self.carry_out(lambda docker, _: _test(docker, self.as_json))


@BridgeCommand.subcommand("suggest")
class Suggest(Command):
    """Print a bridge.yaml to edit, made from the project's own Compose files."""

    write = cli.Flag("--write", help="into .aidevcontainer/bridge.yaml, if there is none")
    as_json = cli.Flag("--json", help="for a program", excludes=["--write"])

    def main(self) -> int:
        """Print it."""
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
        raise Problem("The bridge does not run. Start it: ./.aidevcontainer/container up")
    before = link.in_force(docker, name)
    after = link.resolve(docker, declared, name)
    link.hand_over(docker, after)
    console.say(status.difference(before, after))
    return 0


def _declared(docker: Docker) -> bridge_file.BridgeFile:
    try:
        declared = bridge_file.load(docker.project)
    except bridge_file.BridgeFileError as error:
        raise Problem(f"Nothing was changed. {error}") from error
    if declared is None:
        raise Problem(
            "There is no .aidevcontainer/bridge.yaml. One to edit: ./.aidevcontainer/container bridge "
            "suggest. To switch the bridge off: ./.aidevcontainer/container up"
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
    sys.stdout.write(text)
    return 0


def _write(docker: Docker, console: Console, text: str) -> int:
    try:
        bridge_file.parse(text.encode())
    except bridge_file.BridgeFileError as error:
        raise Problem(
            "Nothing was written, since nothing here is known by its image. A start to edit: "
            "./.aidevcontainer/container bridge suggest"
        ) from error
    path = bridge_file.path(docker.project)
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Problem(f"{path} is there already, and was left as it is.") from error
    console.say(f"Written: {os.path.relpath(path)}. Edit it, then: ./.aidevcontainer/container up")
    return 0


def _answer(text: str) -> None:
    sys.stdout.write(text + "\n")
