"""`aidevcontainer`: scaffolds a repository, and runs the commands of the project around the folder."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

from plumbum import cli

from aidevcontainer.cli import commands
from aidevcontainer.cli.group import CommandGroup
from aidevcontainer.cli.parser import CommandLine, run
from aidevcontainer.lifecycle import scaffold
from aidevcontainer.project.paths import working_directory
from aidevcontainer.updates import origin
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE, Problem
from aidevcontainer.util.guard import guarded

_HELP = """\
Usage: aidevcontainer COMMAND [--help]
Runs a coding agent in your repository without exposing your machine or your network.

Commands:
{commands}
  claude, container, firewall, hook, update
        run the command of that name of the project around the current folder

  --version    print the version of this program

Examples:
  aidevcontainer init .            write .aidevcontainer/ into the repository in this folder
  aidevcontainer claude            open a session of Claude Code in the project's container
  aidevcontainer firewall log      show what the agent asked for and did not get
"""


class Main(CommandGroup):
    """Scaffold a repository, or run a command of the project around the current folder."""

    PROGNAME = "aidevcontainer"
    HELP = _HELP
    # Nothing is installed in a project yet: this is how one gets its commands.
    CALL = "aidevcontainer"


@Main.subcommand("init")
class Init(CommandLine):
    """Write .aidevcontainer/ into the repository at PATH: asks a few questions on a terminal."""

    CALL = "aidevcontainer init"

    defaults = cli.Flag("--defaults", help="ask nothing; each question has a default")
    data = cli.SwitchAttr(["-d", "--data"], str, list=True, argname="NAME=VALUE", help="answer a question")
    source = cli.SwitchAttr(
        "--source",
        str,
        default="",
        argname="ADDRESS",
        help="take the template from there, not from where this program came from",
    )

    def main(self, path: str) -> int:
        """Scaffold the repository."""
        console = self.console()
        answers = scaffold.Answers(list(self.data), bool(self.defaults))
        return guarded(console, lambda: _init(Path(path).resolve(), self.source, answers, console))


def main() -> int:
    """Runs the command line and returns its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        sys.stdout.write(f"aidevcontainer {version('aidevcontainer')}\n")
        return 0
    if arguments[:1] and arguments[0] in commands.NAMES:
        return guarded(Console(), lambda: _become(arguments[0], arguments[1:]))
    return run(Main, arguments)


def _init(repository: Path, source: str, answers: scaffold.Answers, console: Console) -> int:
    if not repository.is_dir():
        raise Problem(f"{repository} is not a folder. Name the repository to scaffold.", WRONG_USAGE)
    found = scaffold.find(repository)
    if found:
        raise Problem(
            f"{repository} has version {found.version} already. To update it: aidevcontainer update"
        )
    scaffold.require_answers(answers)
    scaffold.copy(repository, origin.of_package(source), answers, quiet=console.quiet)
    return 0


def _become(command: str, arguments: list[str]) -> int:
    launcher = _around(Path(working_directory())) / command
    try:
        os.execv(launcher, [str(launcher), *arguments])
    except OSError as error:
        raise Problem(f"{launcher} cannot be started: {error.strerror}. Restore it: copier recopy") from error


def _around(folder: Path) -> Path:
    for place in (folder, *folder.parents):
        if (place / ".aidevcontainer" / "requirements.txt").is_file():
            return place / ".aidevcontainer"
    raise Problem(
        f"No project with an .aidevcontainer/ folder is around {folder}. Make one: aidevcontainer init PATH",
        WRONG_USAGE,
    )
