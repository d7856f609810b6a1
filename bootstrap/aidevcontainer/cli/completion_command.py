"""`.aidevcontainer/container completion`: for one's shell, to be read by it."""

from __future__ import annotations

import sys

from aidevcontainer.cli import completion
from aidevcontainer.cli.group import Command
from aidevcontainer.util.errors import WRONG_USAGE, Problem


class CompletionCommand(Command):
    """Print what makes bash, zsh or fish complete the commands and switches of all helpers."""

    def main(self, shell: str = "") -> int:
        """Print the script."""
        return self.without_docker(lambda _: _print(shell))


def _print(shell: str) -> int:
    if not shell:
        raise Problem(
            "For which shell? ./.aidevcontainer/container completion bash (or zsh, fish)", WRONG_USAGE
        )
    if shell not in completion.SHELLS:
        raise Problem(f"There is no completion for '{shell}', only for bash, zsh and fish.", WRONG_USAGE)
    sys.stdout.write(completion.SHELLS[shell](completion.tree()))
    return 0
