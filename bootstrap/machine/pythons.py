"""Finds a newer Python than python3 on an old machine: the helpers need 3.10.

Old Pythons import this module and all that it imports, so it must run on 3.7.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

from aidevcontainer.util import programs
from aidevcontainer.util.errors import Problem

NEEDED = (3, 10)
_NAMES = [f"python3.{minor}" for minor in range(14, NEEDED[1] - 1, -1)]


def ensure(script: str, arguments: list[str]) -> None:
    """Returns if this Python is new enough, else becomes one that is and runs a script. Raises Problem."""
    if sys.version_info >= NEEDED:
        return
    found = find(os.environ.get("PATH", os.defpath))
    if found is None:
        version = ".".join(str(part) for part in NEEDED)
        raise Problem(
            f"The helpers need Python {version} or newer, and this is {sys.version.split()[0]}. "
            "Install a newer one from your system's packages or with uv, and run this again: "
            "uv python install 3.13"
        )
    os.execv(found, [found, script, *arguments])


def find(path: str) -> str | None:
    """Returns a Python on a search path that is new enough, or None."""
    return next((candidate for candidate in _candidates(path) if _new_enough(candidate)), None)


def _candidates(path: str) -> Iterator[str]:
    for name in (*_NAMES, "python3"):
        for folder in path.split(os.pathsep):
            found = programs.find(name, folder)
            if found:
                yield found
    uv = programs.find("uv", path)
    if uv:
        asked = ".".join(str(part) for part in NEEDED)
        done = _run(uv, "python", "find", "--no-project", f">={asked}")
        yield from done.stdout.split()


def _new_enough(python: str) -> bool:
    # A version manager's shim may stand for a Python that is not installed, so each one is asked.
    return _run(python, "-I", "-c", f"import sys; sys.exit(sys.version_info < {NEEDED})").returncode == 0


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
