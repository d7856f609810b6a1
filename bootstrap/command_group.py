"""What the helpers with subcommands share: help, docker at hand, an answer to what is no command."""

from __future__ import annotations

import difflib
import os
from typing import Callable

from bootstrap.command_line import CommandLine, summary
from bootstrap.console import Console
from bootstrap.docker import Docker
from bootstrap.guard import guarded
from bootstrap.problem import WRONG_USAGE
from bootstrap.project import of_scaffold


class CommandGroup(CommandLine):
    """A helper. `HELP` is its help text, in which `{commands}` stands for a line on each subcommand."""

    CALL_MAIN_IF_NESTED_COMMAND = False
    HELP = ""

    def help_text(self) -> str:
        """Return the text with the subcommands that there are."""
        width = max(map(len, self._subcommands))
        rows = [f"  {name:<{width}}  {summary(at.get())}" for name, at in self._subcommands.items()]
        return self.HELP.format(commands="\n".join(rows))

    def main(self, *words: str) -> int:
        """Answer a call without a command that exists."""
        if not words:
            self.help()
            return WRONG_USAGE
        close = difflib.get_close_matches(words[0], list(self._subcommands), n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        Console().fail(
            f"There is no command '{words[0]}'.{hint} All of them: ./.aidevcontainer/{self.PROGNAME} --help"
        )
        return WRONG_USAGE


class Command(CommandLine):
    """A subcommand that works with docker."""

    def carry_out(self, work: Callable[[Docker, Console], int]) -> int:
        """Do a command's work with docker at hand; failures become sentences."""
        console = self.console()
        return guarded(console, lambda: work(Docker(of_scaffold(__file__), dict(os.environ)), console))

    def without_docker(self, work: Callable[[Console], int]) -> int:
        """Do a command's work that can do without docker; failures become sentences."""
        console = self.console()
        return guarded(console, lambda: work(console))
