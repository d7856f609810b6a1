"""What the helpers with subcommands share: help, docker at hand, an answer to what is no command."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable

from aidevcontainer.cli.parser import CommandLine, summary
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE
from aidevcontainer.util.guard import guarded


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
        Console().fail(f"There is no command '{words[0]}'.{hint} All of them: {self.call()} --help")
        return WRONG_USAGE


class Command(CommandLine):
    """A subcommand that works with docker."""

    def carry_out(self, work: Callable[[Docker, Console], int]) -> int:
        """Do a command's work with docker at hand; failures become sentences."""
        console = self.console()
        return guarded(console, lambda: work(Docker(self.current_project, dict(os.environ)), console))

    def without_docker(self, work: Callable[[Console], int]) -> int:
        """Do a command's work that can do without docker; failures become sentences."""
        console = self.console()
        return guarded(console, lambda: work(console))
