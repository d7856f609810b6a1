"""`.aidevcontainer/container completion`: prints a script for a shell."""

from __future__ import annotations

import sys

from aidevcontainer.cli import completion
from aidevcontainer.cli.group import Command
from aidevcontainer.util.errors import WRONG_USAGE, Problem


class CompletionCommand(Command):
    """Print a script with which bash, zsh or fish completes all commands and switches."""

    def main(self, shell: str = "") -> int:
        """Prints the script."""
        return self.without_docker(lambda _: _print(shell))


def _print(shell: str) -> int:
    if not shell:
        raise Problem(
            "Name your shell: ./.aidevcontainer/container completion bash (or zsh, fish)", WRONG_USAGE
        )
    if shell not in completion.SHELLS:
        raise Problem(f"There is no completion for '{shell}', only for bash, zsh and fish.", WRONG_USAGE)
    sys.stdout.write(completion.SHELLS[shell](completion.tree()))
    return 0
