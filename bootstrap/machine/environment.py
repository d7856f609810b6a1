"""The helpers' environment for `python3 bootstrap` and the tests, made by the script that projects use."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from aidevcontainer.updates import origin
from aidevcontainer.util import cache
from aidevcontainer.util.errors import FAILED, Problem

_SCRIPT = Path(__file__).resolve().parents[2] / "template/.aidevcontainer/install.sh"


def of_clone(clone: Path) -> str:
    """Returns the Python of an environment with the helpers of a clone's current commit.

    Raises Problem when it cannot be made. The script prints the reason.
    """
    requirement = origin.requirement(clone)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirement + "\n")
        file.flush()
        return _ensure(Path(file.name), helpers(requirement), "aidevcontainer")


def of_requirements(requirements: Path, module: str) -> str:
    """Returns the Python of an environment with the packages of a file; one for each content and Python.

    Raises Problem as `of_clone` does.
    """
    material = f"{sys.version_info[:2]} {requirements.read_text(encoding='utf-8')}".encode()
    folder = Path(cache.path("environments", hashlib.sha256(material).hexdigest()[:12]))
    return _ensure(requirements, folder, module)


def helpers(requirement: str) -> Path:
    """Returns the folder where launch.sh looks for the helpers that a requirement names."""
    return Path(cache.path("helpers", name(requirement)))


def name(requirement: str) -> str:
    """Returns the name that launch.sh gives the folder of a requirement's helpers."""
    return requirement.removeprefix("aidevcontainer @ ").replace("/", ",").replace(":", ";")


def share(clone: Path, requirements: Path) -> None:
    """Lets a project use the clone's helpers if it records the same commit under another address."""
    wanted = requirements.read_text(encoding="utf-8").splitlines()[-1]
    own = origin.requirement(clone)
    if wanted.rpartition("@")[2] == own.rpartition("@")[2] and not helpers(wanted).exists():
        helpers(wanted).symlink_to(helpers(own))


def _ensure(requirements: Path, folder: Path, module: str) -> str:
    variables = {**os.environ, **origin.trusting(origin.CLONE), "AIDEVCONTAINER_PYTHON": sys.executable}
    command = ["sh", str(_SCRIPT), str(requirements), str(folder), module]
    code = subprocess.run(command, env=variables, check=False).returncode
    if code:
        raise Problem("Stopped there. The reason is above.", max(code, FAILED))
    return str(folder / "bin/python")
