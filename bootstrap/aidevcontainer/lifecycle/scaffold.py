"""Writing the scaffold into a repository for the first time, with Copier."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from aidevcontainer.updates.origin import Origin
from aidevcontainer.util.errors import WRONG_USAGE, Problem

FOLDER = ".aidevcontainer"
# What the template's refusal suggests where another template has the usual name.
_ANSWERS, _OWN_ANSWERS = ".copier-answers.yml", ".copier-answers.aidevcontainer.yml"
# A question that no other template has.
_MARK = "allowed_bundles"


class Answers(NamedTuple):
    """What a caller answers beforehand: NAME=VALUE each; with `defaults` no other question is asked."""

    given: list[str]
    defaults: bool


class Scaffold(NamedTuple):
    """What a repository says it was made from: its answers file, the template's address and version."""

    answers: Path
    address: str
    version: str


def find(repository: Path) -> Scaffold | None:
    """Return what *repository* was scaffolded from, or None."""
    for path in (repository / _ANSWERS, repository / _OWN_ANSWERS):
        answers = _answers(path)
        if _MARK in answers and (repository / FOLDER / "claude").is_file():
            return Scaffold(path, str(answers.get("_src_path")), str(answers.get("_commit")))
    return None


def require_answers(answers: Answers) -> None:
    """Raises Problem where nobody can be asked and the answers are not complete."""
    if not (answers.defaults or sys.stdin.isatty()):
        raise Problem(
            "There is no terminal to ask the template's questions on. Add --defaults, and --data NAME=VALUE "
            "for every answer that is to differ.",
            WRONG_USAGE,
        )


def copy(repository: Path, origin: Origin, answers: Answers, *, quiet: bool) -> list[Path]:
    """Writes the scaffold into a repository; asks on a terminal. Returns what was written. Raises Problem.

    `quiet` leaves out Copier's list of files and its word on what comes next.
    """
    foreign = (repository / _ANSWERS).exists() and _MARK not in _answers(repository / _ANSWERS)
    file = repository / (_OWN_ANSWERS if foreign else _ANSWERS)
    flags = [*(["--quiet"] if quiet else []), *_flags(origin, answers, file)]
    command = [sys.executable, "-I", "-m", "copier", "copy", *flags]
    environment = {**os.environ, **origin.environment}
    done = subprocess.run([*command, origin.address, str(repository)], env=environment, check=False)
    if done.returncode:
        raise Problem("Copier stopped, so nothing more was done; its reason stands above.")
    return [repository / FOLDER, file]


def _flags(origin: Origin, answers: Answers, file: Path) -> Iterator[str]:
    yield from ("--vcs-ref", origin.commit, "--answers-file", file.name)
    if answers.defaults:
        yield "--defaults"
    for answer in answers.given:
        yield from ("--data", answer)


def _answers(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
