"""`python3 bootstrap PATH` up to where it needs packages: options, ids, the Python that has packages."""

from __future__ import annotations

import os
from pathlib import Path

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE, Problem
from machine import environment, handover, upkeep
from machine.asking import Asking
from machine.options import BootstrapOptions, parse

_CLONE = Path(__file__).resolve().parents[2]
# -I ignores the caller's directory and PYTHONPATH, so the command has to add this folder itself.
_COMMAND = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from machine import command; sys.exit(command.main(sys.argv[1:]))"
)
_DOWNLOADS = (
    "The first run downloads Python packages (20 MB), Alpine's packages (40 MB) and Claude Code (170 MB). "
    "It asks before it downloads anything else."
)


def run(arguments: list[str], console: Console) -> int:
    """Does what needs no packages, then becomes the Python that has them. Raises Problem."""
    options = parse(arguments)
    if options.upkeep:
        return upkeep.run(options.upkeep, console)
    repository = _repository(options)
    # Before anything is downloaded or written.
    ids = handover.settle(repository, os.environ, Asking(console, options.yes), console)
    os.environ.update(CLAUDE_UID=str(ids.uid), CLAUDE_GID=str(ids.gid))
    if not (repository / ".aidevcontainer").exists():
        console.say(_DOWNLOADS)
    python = environment.of_clone(_CLONE)
    os.execv(python, [python, "-I", "-c", _COMMAND, str(_CLONE / "bootstrap"), *arguments])
    return 1


def _repository(options: BootstrapOptions) -> Path:
    found = Path(options.path or "").resolve()
    if not found.is_dir():
        raise Problem(
            f"{found} is not a folder. Name the repository that Claude should work in.", WRONG_USAGE
        )
    return found
