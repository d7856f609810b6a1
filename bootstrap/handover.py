"""From the bare interpreter to the one with the helpers' packages."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap import interpreter, interrupt, pythons, venv
from bootstrap.console import Console
from bootstrap.problem import FAILED, Problem

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
    console = _console(module, arguments)
    try:
        interpreter.remember()
        python = str(venv.ensure(_HERE / requirements, console.say))
    except Problem as problem:
        return _failed(console, str(problem), problem.code)
    except OSError as error:
        text = (
            f"The helpers could not prepare their cache: {error}. Point XDG_CACHE_HOME to a writable place."
        )
        return _failed(console, text, FAILED)
    _replace_process(python, module, arguments)
    return FAILED


def run_with_copier(script: str, module: str, arguments: list[str]) -> int:
    """Do the same for a module that needs Copier; `script` is the entry point, for a Python that is newer."""
    try:
        pythons.ensure(script, arguments)
    except Problem as problem:
        return _failed(_console(module, arguments), str(problem), problem.code)
    return run(module, arguments, "requirements-copier.txt")


def _console(module: str, arguments: list[str]) -> Console:
    # All words of a session are Claude's, and so are a shell's behind the dashes.
    own = [] if module == "cold" else arguments[: [*arguments, "--"].index("--")]
    return Console(quiet="-q" in own or "--quiet" in own, as_json="--json" in own)


def _failed(console: Console, text: str, code: int) -> int:
    console.fail(text)
    console.answer_failure(text)
    return code


def _replace_process(python: str, module: str, arguments: list[str]) -> None:
    command = [python, "-I", "-c", _START, str(_HERE.parent), f"bootstrap.{module}", *arguments]
    os.execv(python, command)
