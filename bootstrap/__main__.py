"""`python3 bootstrap PATH`, in a clone of this project: from any repository to a session of Claude Code.

Needs Python 3.10 and git, and installs everything else. The parts are in machine/.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]
# The folder of this file, spelled absolutely: what runs may change the directory.
sys.path[0] = str(CLONE / "bootstrap")

from aidevcontainer.util.console import Console  # noqa: E402 -- needs the path above
from aidevcontainer.util.errors import WRONG_USAGE, Problem  # noqa: E402
from aidevcontainer.util.guard import guarded  # noqa: E402
from machine import environment, owner, pythons, upkeep  # noqa: E402
from machine.options import Options, parse  # noqa: E402

# -I keeps the caller's directory and PYTHONPATH out, so the one folder that is wanted has to be named.
_COMMAND = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from machine import command; sys.exit(command.main(sys.argv[1:]))"
)
_DOWNLOADS = (
    "A first run downloads Python packages (20 MB), Alpine's packages (40 MB) and Claude Code (170 MB). "
    "If more is needed, it asks first."
)


def main(arguments: list[str]) -> int:
    """Does what needs no packages, then becomes the Python that has them."""
    console = Console()
    options = parse(arguments)
    return guarded(console, lambda: _run(options, arguments, console))


def _run(options: Options, arguments: list[str], console: Console) -> int:
    if options.upkeep:
        return upkeep.run(options.upkeep, console)
    repository = Path(options.path or "").resolve()
    if not repository.is_dir():
        raise Problem(
            f"{repository} is not a folder. Name the repository that Claude is to work in.", WRONG_USAGE
        )
    # Refused before anything is downloaded or written.
    owner.of_repository(repository, os.environ)
    if not (repository / ".aidevcontainer").exists():
        console.say(_DOWNLOADS)
    pythons.ensure(str(CLONE / "bootstrap"), arguments)
    python = environment.of_clone(CLONE)
    os.execv(python, [python, "-I", "-c", _COMMAND, str(CLONE / "bootstrap"), *arguments])
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
