"""Commands with subcommands: their help, docker at hand, and an answer to unknown words."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable

from aidevcontainer.cli.parser import CommandLine, summary
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util import table
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE
from aidevcontainer.util.guard import guarded


class CommandGroup(CommandLine):
    """A command with subcommands. `{commands}` in its `HELP` stands for one line per subcommand."""

    CALL_MAIN_IF_NESTED_COMMAND = False
    HELP = ""

    def help_text(self) -> str:
        """Returns the text with all subcommands."""
        rows = [(name, summary(each.get())) for name, each in self._subcommands.items()]
        return self.HELP.format(commands=table.text(rows, indent=2))

    def words(self) -> list[str]:
        """Returns the words that may follow."""
        return list(self._subcommands)

    def main(self, *words: str) -> int:
        """Answers a call without a known subcommand."""
        if not words:
            self.help()
            return WRONG_USAGE
        close = difflib.get_close_matches(words[0], self.words(), n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        Console().fail(f"There is no command '{words[0]}'.{hint} All commands: {self.typed()} --help")
        return WRONG_USAGE


class Command(CommandLine):
    """A subcommand that works with docker."""

    def carry_out(self, work: Callable[[Docker, Console], int]) -> int:
        """Does a command's work with docker at hand; failures become sentences."""
        console = self.console()
        return guarded(console, lambda: work(Docker(self.current_project, dict(os.environ)), console))

    def without_docker(self, work: Callable[[Console], int]) -> int:
        """Does a command's work that needs no docker; failures become sentences."""
        console = self.console()
        return guarded(console, lambda: work(console))
