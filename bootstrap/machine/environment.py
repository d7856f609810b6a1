"""Makes Python environments for `python3 bootstrap` and the tests, with the script that projects use."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from aidevcontainer.updates import origin
from aidevcontainer.util import cache
from aidevcontainer.util.errors import FAILED, Problem

_SCRIPT = Path(__file__).resolve().parents[2] / "template/.aidevcontainer/install.sh"
_PACKAGE = "aidevcontainer"
# What sh drops around a line.
_BLANKS = " \t"


def of_clone(clone: Path) -> str:
    """Returns the Python of an environment with the helpers of a clone's current commit.

    Raises Problem when it cannot be made. The script prints the reason.
    """
    requirement = origin.requirement(clone)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirement + "\n")
        file.flush()
        return _ensure(Path(file.name), helpers(requirement), _PACKAGE)


def of_requirements(requirements: Path, module: str, python: str = sys.executable) -> str:
    """Returns the Python of an environment with the packages of a file; one for each content and Python.

    Raises Problem as `of_clone` does.
    """
    material = f"{os.path.realpath(python)} {requirements.read_text(encoding='utf-8')}".encode()
    folder = Path(cache.path("environments", hashlib.sha256(material).hexdigest()[:12]))
    return _ensure(requirements, folder, module, python)


def helpers(requirement: str) -> Path:
    """Returns the folder where launch.sh looks for the helpers that a requirement names."""
    return Path(cache.path("helpers", name(requirement)))


def name(requirement: str) -> str:
    """Returns the name that launch.sh gives the folder of a requirement's helpers."""
    return requirement.strip(_BLANKS).removeprefix(f"{_PACKAGE} @ ").replace("/", ",").replace(":", ";")


def share(clone: Path, requirements: Path) -> None:
    """Lets a project use the clone's helpers if it records the same commit under another address."""
    wanted = _pinned(requirements)
    own = origin.requirement(clone)
    place = helpers(wanted)
    if wanted.rpartition("@")[2] != own.rpartition("@")[2] or place.exists():
        return
    # It may lead to helpers that were deleted since.
    place.unlink(missing_ok=True)
    # Another run was faster.
    with suppress(FileExistsError):
        place.symlink_to(helpers(own))


def _pinned(requirements: Path) -> str:
    lines = [line.strip(_BLANKS) for line in requirements.read_text(encoding="utf-8").split("\n")]
    return next((line for line in reversed(lines) if line.startswith(_PACKAGE)), "")


def _ensure(requirements: Path, folder: Path, module: str, python: str = sys.executable) -> str:
    variables = {**os.environ, **origin.trusting(origin.CLONE), "AIDEVCONTAINER_PYTHON": python}
    command = ["sh", str(_SCRIPT), str(requirements), str(folder), module]
    code = subprocess.run(command, env=variables, check=False).returncode
    if code:
        raise Problem("Stopped there. The reason is above.", max(code, FAILED))
    return str(folder / "bin/python")
