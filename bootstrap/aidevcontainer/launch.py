"""Runs one command of a project's `.aidevcontainer/`. Its launcher runs this file with `python -I -S`.

Tiny, because Python compiles a script again at every start. It imports only what a session needs.
"""

import os
import sys


def main(folder: str, command: str, arguments: list[str]) -> int:
    """Runs `command` for the project that the folder `.aidevcontainer/` belongs to; returns its exit code."""
    # Without `site` this environment's packages are not on the path yet.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from aidevcontainer.util import interrupt

    interrupt.ends()
    from aidevcontainer.project.paths import Project
    from aidevcontainer.util import programs

    project = Project(os.path.dirname(os.path.realpath(folder)))
    os.environ["PATH"] = programs.outside(os.environ.get("PATH", os.defpath), project.root)
    if command == "claude":
        from aidevcontainer.session import fast

        return fast.main(project, arguments)
    from aidevcontainer.cli import commands

    return commands.run(project, command, arguments)


def explain(error: Exception) -> int:
    """Says in a sentence that something unexpected happened, and returns the exit code 1."""
    from aidevcontainer.util import console, error_log

    console.Console().fail(error_log.sentence(error))
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
    except Exception as unexpected:
        sys.exit(explain(unexpected))
