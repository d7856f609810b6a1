"""What `copier copy` and `copier update` cost, against a template that has nothing in it: the floor.

`python3 tests --bench copier`
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from tests.support.template import FOLDER, Repository, copier_command

from .report import Report
from .turns import Rounds, measure, milliseconds

OURS, EMPTY = "this template", "an empty template"
COPIES, UPDATES = 5, 3
NOTE = "Copier starts git, and compiles each part of the path, for every file"
ANSWERS_FILE = "template/{{_copier_conf.answers_file}}.jinja"
QUESTIONS = "_subdirectory: template\n"
RECORD = "{{ _copier_answers|to_nice_yaml -}}\n"


@pytest.fixture(scope="module")
def templates(published: Repository, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Repository]:
    """Both templates at their first release."""
    folder = tmp_path_factory.mktemp("templates")
    empty = Repository.create(folder / "empty")
    empty.write("copier.yml", QUESTIONS)
    empty.write(ANSWERS_FILE, RECORD)
    empty.commit("Release", "v1.0.0")
    found = {OURS: published.clone(folder / "ours"), EMPTY: empty}
    for template in found.values():
        # As a forge keeps what is published.
        template.git("gc", "--quiet")
    return found


def project(path: Path) -> Repository:
    """Return a repository with a commit, as people have one before they hear of a template."""
    made = Repository.create(path)
    made.write("README.md", "# A project\n")
    made.commit("Start")
    return made


def copier(where: Repository, *arguments: str) -> float:
    """Return how many milliseconds Copier took."""
    return milliseconds(lambda: copier_command(where, *arguments).checked())


def test_copy(templates: dict[str, Repository], tmp_path: Path, report: Report, rounds: Rounds) -> None:
    """U-1, X-H2: into a fresh repository each."""
    number = count()

    def copies(template: Repository) -> float:
        made = project(tmp_path / str(next(number)))
        return copier(made, "copy", "--defaults", str(template.path), ".")

    ways = {what: partial(copies, template) for what, template in templates.items()}
    report.compare("copier copy", "ms", measure(rounds(COPIES), ways), EMPTY, {OURS: 2}, NOTE)


def test_update(templates: dict[str, Repository], tmp_path: Path, report: Report, rounds: Rounds) -> None:
    """U-3, X-H2: from one release to the next, which differs in one line."""
    changed = {OURS: f"template/{FOLDER}/claude-settings.json.jinja", EMPTY: ANSWERS_FILE}
    number = count()

    def updates(before: Repository) -> float:
        copy = Repository(tmp_path / f"update-{next(number)}")
        shutil.copytree(before.path, copy.path, symlinks=True)
        return copier(copy, "update", "--defaults")

    ways: dict[str, Callable[[], float]] = {}
    for what, template in templates.items():
        before = project(tmp_path / f"before-{len(ways)}")
        copier(before, "copy", "--defaults", str(template.path), ".")
        before.commit("Scaffold")
        template.write(changed[what], template.read(changed[what]) + "\n")
        template.commit("Change", "v1.1.0")
        ways[what] = partial(updates, before)
    report.compare("copier update", "ms", measure(rounds(UPDATES), ways), EMPTY, {OURS: 3}, NOTE)
