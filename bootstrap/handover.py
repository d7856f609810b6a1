"""From the bare interpreter to the one with the helpers' packages."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap import interpreter, interrupt, pythons, venv
from bootstrap.console import Console
from bootstrap.problem import Problem

_HERE = Path(__file__).resolve().parent
# -I keeps the caller's directory and PYTHONPATH out, so the one folder that is wanted has to be named.
_START = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
    "from bootstrap import interrupt; interrupt.ends(); "
    "sys.exit(importlib.import_module(sys.argv[2]).main(sys.argv[3:]))"
)


def run(module: str, arguments: list[str], requirements: str = "requirements.txt") -> int:
    """Become `python -m bootstrap.<module>` of the environment that has a helper's packages.

    Returns an exit code only when that cannot be.
    """
    # All there is to lose is an environment half made, which the next start makes anew.
    interrupt.ends()
    console = Console()
    try:
        interpreter.remember()
        python = str(venv.ensure(_HERE / requirements, console.say))
    except Problem as problem:
        console.fail(str(problem))
        return problem.code
    except OSError as error:
        console.fail(
            f"The helpers could not prepare their cache: {error}. Point XDG_CACHE_HOME to a writable place."
        )
        return 1
    _replace_process(python, module, arguments)
    return 1


def run_with_copier(script: str, module: str, arguments: list[str]) -> int:
    """Do the same for a module that needs Copier; `script` is the entry point, for a Python that is newer."""
    try:
        pythons.ensure(script, arguments)
    except Problem as problem:
        Console().fail(str(problem))
        return problem.code
    return run(module, arguments, "requirements-copier.txt")


def _replace_process(python: str, module: str, arguments: list[str]) -> None:
    command = [python, "-I", "-c", _START, str(_HERE.parent), f"bootstrap.{module}", *arguments]
    os.execv(python, command)
