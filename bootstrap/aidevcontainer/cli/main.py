"""`aidevcontainer`: scaffolds a repository, or runs a command of the project around the current folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from plumbum import cli

from aidevcontainer.cli import commands
from aidevcontainer.cli.group import CommandGroup
from aidevcontainer.cli.parser import CommandLine, run
from aidevcontainer.lifecycle import scaffold
from aidevcontainer.project.manifest import FOLDER
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
        run this command of the project around the current folder

  -q, --quiet  print only warnings and errors; --verbose shows the commands that run
  --version    print the version of this program

Examples:
  aidevcontainer init .            write .aidevcontainer/ into the repository in this folder
  aidevcontainer claude            open a session of Claude Code in the project's container
  aidevcontainer firewall log      show the hosts that the firewall refused
"""


class Main(CommandGroup):
    """Scaffold a repository, or run a command of the project around the current folder."""

    PROGNAME = "aidevcontainer"
    HELP = _HELP
    FOLDER = ""

    def words(self) -> list[str]:
        """Returns the words that may follow."""
        return [*super().words(), *commands.NAMES]

    def main(self, *words: str) -> int:
        """Answers a call without a known command."""
        if words and words[0] in commands.NAMES:
            # The project's command parses its own switches.
            Console().fail(f"Write switches after the command: aidevcontainer {words[0]} SWITCHES")
            return WRONG_USAGE
        return super().main(*words)


@Main.subcommand("init")
class Init(CommandLine):
    """Write .aidevcontainer/ into the git repository at PATH. Asks a few questions on a terminal."""

    FOLDER = ""

    defaults = cli.Flag("--defaults", help="ask nothing; each question has a default")
    data = cli.SwitchAttr(["-d", "--data"], str, list=True, argname="NAME=VALUE", help="answer a question")
    source = cli.SwitchAttr(
        "--source",
        str,
        default="",
        argname="ADDRESS",
        help="take the template from there, not from the origin of this program",
    )

    def main(self, path: str) -> int:
        """Scaffolds the repository."""
        console = self.console()
        answers = scaffold.Answers(list(self.data), bool(self.defaults))
        return guarded(console, lambda: _init(Path(path).resolve(), self.source, answers, console))


def main() -> int:
    """Runs the command line and returns its exit code."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in commands.NAMES:
        return guarded(Console(), lambda: _become(arguments[0], arguments[1:]))
    return run(Main, arguments)


def _init(repository: Path, source: str, answers: scaffold.Answers, console: Console) -> int:
    if not repository.is_dir():
        raise Problem(f"{repository} is not a folder. Name the repository to scaffold.", WRONG_USAGE)
    scaffold.require_repository(repository)
    found = scaffold.find(repository)
    if found:
        raise Problem(
            f"{repository} has version {found.version} already. To update it, in there: aidevcontainer update"
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
    """Returns the nearest project's `.aidevcontainer/`, in `folder` or above it. Raises Problem."""
    for place in (folder, *folder.parents):
        if (place / FOLDER / "requirements.txt").is_file():
            return place / FOLDER
    raise Problem(
        f"There is no project around {folder}. Make one: aidevcontainer init PATH",
        WRONG_USAGE,
    )
