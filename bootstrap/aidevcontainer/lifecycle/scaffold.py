"""Writes the scaffold into a repository for the first time, with Copier."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from aidevcontainer.git import runner
from aidevcontainer.git.runner import Git
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.updates.origin import Origin
from aidevcontainer.util import files
from aidevcontainer.util.errors import WRONG_USAGE, Problem

# The second is the name that the template suggests where another template has the usual one.
_ANSWERS, _OWN_ANSWERS = ".copier-answers.yml", ".copier-answers.aidevcontainer.yml"
# A question that no other template has.
_MARK = "allowed_bundles"


class Answers(NamedTuple):
    """Answers from the command line, NAME=VALUE each. With `defaults` no other question is asked."""

    given: list[str]
    defaults: bool


class Scaffold(NamedTuple):
    """A repository's record of its template: the answers file, the address and the version."""

    answers: Path
    address: str
    version: str


def find(repository: Path) -> Scaffold | None:
    """Returns a repository's record of its template, or None where it has no scaffold."""
    for path in (repository / _ANSWERS, repository / _OWN_ANSWERS):
        answers = _answers(path)
        if _MARK in answers and (repository / FOLDER / "claude").is_file():
            return Scaffold(path, str(answers.get("_src_path")), str(answers.get("_commit")))
    return None


def require_answers(answers: Answers) -> None:
    """Raises Problem where there is no terminal to ask on and the answers are not complete."""
    if not (answers.defaults or sys.stdin.isatty()):
        raise Problem(
            "There is no terminal to ask the template's questions on. Add --defaults, and --data NAME=VALUE "
            "for each answer that differs.",
            WRONG_USAGE,
        )


def require_repository(folder: Path) -> None:
    """Raises Problem, as wrong usage, for a folder that is not in a git repository."""
    git = Git(folder)
    if git.ask("rev-parse", "--show-toplevel") is not None:
        return
    if (folder / ".git").exists():
        # Git refuses an existing repository for a reason of its own, such as its owner.
        git.check("look into this repository", "rev-parse", "--show-toplevel")
    raise Problem(
        f"{folder} is not in a git repository, and updates merge with git. Make it one, in there: git init",
        WRONG_USAGE,
    )


def copy(repository: Path, origin: Origin, answers: Answers, *, quiet: bool) -> list[Path]:
    """Writes the scaffold into a repository and returns the new files. Asks on a terminal. Raises Problem.

    `quiet` leaves out Copier's list of files and its advice about the next steps.
    """
    foreign = (repository / _ANSWERS).exists() and _MARK not in _answers(repository / _ANSWERS)
    file = repository / (_OWN_ANSWERS if foreign else _ANSWERS)
    flags = [*(["--quiet"] if quiet else []), *_flags(origin, answers, file)]
    command = [sys.executable, "-I", "-m", "copier", "copy", *flags]
    environment = {**runner.environment({}), **origin.environment}
    done = subprocess.run([*command, origin.address, str(repository)], env=environment, check=False)
    if done.returncode:
        raise Problem("Copier stopped, so the scaffold is not complete. The reason is above.")
    made = [repository / FOLDER, file]
    for path in made:
        files.give_all(str(path))
    return made


def _flags(origin: Origin, answers: Answers, file: Path) -> Iterator[str]:
    yield from ("--vcs-ref", origin.commit, "--answers-file", file.name)
    if answers.defaults:
        yield "--defaults"
    for answer in answers.given:
        yield from ("--data", answer)


def _answers(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
