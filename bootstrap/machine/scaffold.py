"""From this clone into a repository, with Copier, unless that has been done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bootstrap.machine import owner
from bootstrap.machine.options import Options
from bootstrap.machine.origin import Origin
from bootstrap.machine.owner import Owner
from bootstrap.problem import WRONG_USAGE, Problem

FOLDER = ".aidevcontainer"
# What the template's refusal suggests where another template has the usual name.
_ANSWERS, _OWN_ANSWERS = ".copier-answers.yml", ".copier-answers.aidevcontainer.yml"
# A question that no other template has.
_MARK = "allowed_bundles"


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


def require_answers(options: Options) -> None:
    """Raise Problem where nobody can be asked and the options do not answer."""
    if not (options.defaults or sys.stdin.isatty()):
        raise Problem(
            "There is no terminal to ask the template's questions on. Add --defaults, and --data NAME=VALUE "
            "for every answer that is to differ.",
            WRONG_USAGE,
        )


def copy(repository: Path, origin: Origin, options: Options, who: Owner) -> None:
    """Scaffold into *repository*: questions on a terminal, else from the options. Raises Problem."""
    foreign = (repository / _ANSWERS).exists() and _MARK not in _answers(repository / _ANSWERS)
    answers = repository / (_OWN_ANSWERS if foreign else _ANSWERS)
    command = [sys.executable, "-I", "-m", "copier", "copy", *_flags(origin, options, answers)]
    environment = {**os.environ, **origin.environment}
    done = subprocess.run([*command, origin.address, str(repository)], env=environment, check=False)
    if done.returncode:
        raise Problem("Copier stopped, so nothing more was done; its reason stands above.")
    for path in (repository / FOLDER, answers):
        owner.hand_over(path, who)


def _flags(origin: Origin, options: Options, answers: Path) -> Iterator[str]:
    # Its list of files and its word on what comes next are for those who scaffold only.
    yield "--quiet"
    yield from ("--vcs-ref", origin.commit, "--answers-file", answers.name)
    if options.defaults:
        yield "--defaults"
    for answer in options.answers:
        yield from ("--data", answer)


def _answers(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
