"""`python3 bootstrap PATH`, in a clone of this project: from any repository to a session of Claude Code.

Needs Python 3.10 and git, and installs everything else. The parts are in machine/.
"""

import sys
from pathlib import Path

# Up to the search for a newer Python, everything must run on an old one. Older than this, it cannot be read.
if sys.version_info < (3, 7):  # noqa: UP036 -- as said above
    sys.exit("aidevcontainer: The helpers need Python 3.10 or newer. Install one and run this again with it.")

BOOTSTRAP = Path(__file__).resolve().parent
# Spelled absolutely: what runs may change the directory.
sys.path[0] = str(BOOTSTRAP)

from aidevcontainer.util.console import Console  # noqa: E402 -- needs the path above
from aidevcontainer.util.guard import guarded  # noqa: E402
from machine import pythons  # noqa: E402


def main() -> int:
    """Runs the command line on a Python that is new enough, and returns the exit code."""
    console = Console()
    return guarded(console, lambda: _run(console))


def _run(console: Console) -> int:
    pythons.ensure(str(BOOTSTRAP), sys.argv[1:])
    # An old Python cannot import it.
    from machine import launch

    return launch.run(sys.argv[1:], console)


if __name__ == "__main__":
    sys.exit(main())
