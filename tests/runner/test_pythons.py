"""Every supported Python on this machine: all modules load, and a fast selection of tests passes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from machine import environment
from tests.runner.checks import ROOT

# The oldest and the newest that pyproject.toml promises. The public workflow runs everything on all of them.
VERSIONS = ("3.10", "3.13")
FAST = (
    "tests/util",
    "tests/project/test_env_file.py",
    "tests/project/test_ids.py",
    "tests/git/test_planted.py",
)
IMPORT_ALL = """
import importlib, pkgutil, sys
import aidevcontainer, machine
for package in (aidevcontainer, machine):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
print(len(sys.modules))
"""


def interpreter(version: str) -> str:
    """Returns a Python of that version, or an empty string. A version manager's shim may lead nowhere."""
    managed = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    places = [shutil.which(f"python{version}"), *managed.glob(f"{version}*/bin/python{version}")]
    return next((str(place) for place in places if place and _works(str(place))), "")


def _works(python: str) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


FOUND = {version: found for version in VERSIONS if (found := interpreter(version))}


@pytest.fixture(scope="module", params=FOUND)
def python(request: pytest.FixtureRequest) -> Path:
    """The Python of an environment with the tests' packages, for one version."""
    requirements = ROOT / "tests/requirements-pythons.txt"
    return Path(environment.of_requirements(requirements, "pytest", FOUND[request.param]))


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "bootstrap")])
    variables = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(python), *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


def test_every_module_loads(python: Path) -> None:
    """X-H1: syntax or a name that this Python does not have yet, or has no more."""
    done = run(python, "-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr


def test_a_fast_selection_passes(python: Path) -> None:
    """X-H1: what has no container and no Copier in it."""
    options = ("-q", "-p", "no:cacheprovider", "--no-engine")
    done = run(python, "-m", "pytest", *options, *FAST)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
