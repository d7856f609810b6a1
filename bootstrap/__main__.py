"""`python3 bootstrap PATH`, in a clone of this project: from any repository to a session of Claude Code.

Needs Python 3.9 and git; everything else it brings along. The parts are in machine/.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]
# Python puts this folder first, where its modules would be found under a second name.
sys.path[0] = str(CLONE)

from bootstrap import interpreter, pythons, venv  # noqa: E402 -- needs the path above
from bootstrap.console import Console  # noqa: E402
from bootstrap.guard import guarded  # noqa: E402
from bootstrap.machine import owner, upkeep  # noqa: E402
from bootstrap.machine.options import Options, parse  # noqa: E402
from bootstrap.problem import WRONG_USAGE, Problem  # noqa: E402

# -I keeps the caller's directory and PYTHONPATH out, so the one folder that is wanted has to be named.
_COMMAND = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from bootstrap.machine import command; sys.exit(command.main(sys.argv[1:]))"
)
_DOWNLOADS = (
    "A first run downloads Python packages (20 MB), Alpine's packages (40 MB) and Claude Code (170 MB). "
    "Where more is needed, it asks before."
)


def main(arguments: list[str]) -> int:
    """Do what can be done on a bare Python, then hand over to the one that has the packages."""
    console = Console()
    options = parse(arguments)
    return guarded(console, lambda: _run(options, arguments, console))


def _run(options: Options, arguments: list[str], console: Console) -> int:
    if options.upkeep:
        return upkeep.run(options.upkeep, console)
    repository = Path(options.path or "").resolve()
    if not repository.is_dir():
        raise Problem(
            f"{repository} is no folder. Name the repository that Claude is to work in.", WRONG_USAGE
        )
    # Refused before anything is downloaded or written.
    owner.of_repository(repository, os.environ)
    if not (repository / ".aidevcontainer").exists():
        console.say(_DOWNLOADS)
    pythons.ensure(str(CLONE / "bootstrap"), arguments)
    interpreter.remember()
    python = venv.ensure(CLONE / "bootstrap/requirements-copier.txt", console.say)
    os.execv(python, [str(python), "-I", "-c", _COMMAND, str(CLONE), *arguments])
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
