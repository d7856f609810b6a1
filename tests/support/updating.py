"""Updating a scaffolded repository with our own command, and releases of the template to update to."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from aidevcontainer.cli import update as update_command
from aidevcontainer.project.paths import Project
from tests.support.template import FOLDER, Repository

INSIDE = f"template/{FOLDER}"
LIST = f"{FOLDER}/allowed-domains.txt"
PIN = f"{FOLDER}/claude.pin"
OVERRIDE = f"{FOLDER}/docker-compose.override.yml"
PERSONAL = f"{FOLDER}/allowed-domains.local.txt"


class Said(NamedTuple):
    """How the command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Return everything, with every run of white space as one space."""
        return " ".join((self.out + self.err).split())

    def json(self) -> Any:  # noqa: ANN401 -- whatever it is
        """Return the answer for programs."""
        return json.loads(self.out)


def pin(version: str, digit: str = "a") -> str:
    """Return the text of a pin whose digests are one digit throughout."""
    return f"# A pin\nversion {version}\nx64 {digit * 128}\narm64 {digit * 128}\n"


def replace(repository: Repository, name: str, old: str, new: str) -> None:
    """Change a text in a file that must have it."""
    text = repository.read(name)
    assert old in text, name
    repository.write(name, text.replace(old, new, 1))


def update(project: Repository, *arguments: str, at: Path | None = None) -> Said:
    """Run `./.aidevcontainer/update` of a project in this process, without a terminal."""
    out, err = io.StringIO(), io.StringIO()
    with _without_terminal(), redirect_stdout(out), redirect_stderr(err):
        code = update_command.main(Project(str(at or project.path)), list(arguments))
    return Said(code, out.getvalue(), err.getvalue())


@contextmanager
def _without_terminal() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO())
        yield


def tree(repository: Repository) -> dict[str, bytes]:
    """Return all files of a working tree but git's own, and git's index as one."""
    found = {
        str(path.relative_to(repository.path)): path.read_bytes()
        for path in repository.path.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(repository.path).parts
    }
    return {**found, "(index)": repository.git("ls-files", "--stage").encode()}
