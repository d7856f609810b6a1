"""The template as users meet it: published in a git repository, copied with Copier, updated to the next tag.

Everything here runs with `unsafe=False`: what needs Copier's --trust must fail a test.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import copier
import pytest
import yaml

from tests.support.run import Finished, run
from tests.support.scaffold import template_copy

ANSWERS = ".copier-answers.yml"
FOLDER = ".aidevcontainer"

# A test must not depend on the machine's git configuration, nor sign or write anything with it.
GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}


class Repository:
    """A git repository that a test may change as it likes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> Repository:
        """Make an empty repository, and the folders above it."""
        path.mkdir(parents=True, exist_ok=True)
        repository = cls(path)
        repository.git("init", "--quiet", "--initial-branch=main")
        return repository

    def clone(self, path: Path) -> Repository:
        """Return a clone of what is committed, with its tags."""
        command = ["git", "clone", "--quiet", str(self.path), str(path)]
        run(command, env=git_environment()).checked()
        return Repository(path)

    def git(self, *arguments: str) -> str:
        """Run git in the repository and return what it prints, without the last newline."""
        return run(["git", *arguments], cwd=self.path, env=git_environment()).checked().out.rstrip("\n")

    def commit(self, message: str = "Change", tag: str = "") -> None:
        """Commit everything that is not ignored, and tag the commit where a tag is given."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        if tag:
            self.git("tag", tag)

    def changes(self) -> list[str]:
        """Return the lines of `git status --porcelain`, with every new file named."""
        status = self.git("status", "--porcelain", "--untracked-files=all")
        return status.splitlines()

    def read(self, name: str) -> str:
        """Return a file's text. Names are relative to the repository."""
        return (self.path / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file, and the folders above it."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def git_environment() -> dict[str, str]:
    """Return the environment for programs that call git."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**outside, **GIT_ENVIRONMENT}


def copy(
    template: Repository,
    project: Repository,
    answers: Mapping[str, Any] | None = None,
    **options: Any,  # noqa: ANN401 - Copier's
) -> None:
    """Scaffold into a project as `copier copy --defaults` does, with some answers given."""
    settings = {"defaults": True, "quiet": True, "unsafe": False, **options}
    copier.run_copy(str(template.path), project.path, dict(answers or {}), **settings)


def copier_command(project: Repository, *arguments: str) -> Finished:
    """Run Copier's command line at a project's root, without a terminal."""
    return run([sys.executable, "-m", "copier", *arguments], cwd=project.path, env=git_environment())


def answers_of(project: Repository, name: str = ANSWERS) -> dict[str, Any]:
    """Return what an answers file holds."""
    loaded = yaml.safe_load(project.read(name))
    assert isinstance(loaded, dict)
    return loaded


class Scaffold(NamedTuple):
    """A project as `copier copy --defaults` leaves it, and what Copier said. Shared: look only."""

    project: Repository
    said: str

    def duplicate(self, path: Path) -> Repository:
        """Return a copy of the project that a test may change: far cheaper than another run of Copier."""
        shutil.copytree(self.project.path, path, symlinks=True)
        return Repository(path)


@pytest.fixture(scope="session")
def undisturbed_git_and_copier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the machine's settings of git and Copier out of every test."""
    settings = tmp_path_factory.mktemp("copier") / "settings.yml"
    settings.write_text("{}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**GIT_ENVIRONMENT, "COPIER_SETTINGS_PATH": str(settings)}.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def published(undisturbed_git_and_copier: None, tmp_path_factory: pytest.TempPathFactory) -> Repository:  # noqa: ARG001
    """The working tree as a release. Shared: copy from it, do not change it."""
    return Repository(template_copy(tmp_path_factory.mktemp("template") / "aidevcontainer"))


@pytest.fixture(scope="session")
def scaffold(published: Repository, tmp_path_factory: pytest.TempPathFactory) -> Scaffold:
    """A project with default answers, made on the command line."""
    made = Repository.create(tmp_path_factory.mktemp("scaffold") / "my-project")
    made.write("README.md", "# My project\n")
    made.commit("Start")
    done = copier_command(made, "copy", "--defaults", str(published.path), ".").checked()
    return Scaffold(made, done.out + done.err)


@pytest.fixture(scope="session")
def trimmed(undisturbed_git_and_copier: None, tmp_path_factory: pytest.TempPathFactory) -> Repository:  # noqa: ARG001
    """A release with few files. An update renders three times, and Copier starts git for each file."""
    template = Repository(template_copy(tmp_path_factory.mktemp("trimmed") / "aidevcontainer"))
    for path in (template.path / "template" / FOLDER / "scripts/firewall").iterdir():
        path.unlink()
    for folder in ("tests", "docs", "bootstrap/machine"):
        shutil.rmtree(template.path / folder)
    for path in (template.path / "bootstrap/aidevcontainer").rglob("*.py"):
        path.unlink()
    template.commit("Trim", "v1.0.1")
    return template


@pytest.fixture
def next_release(trimmed: Repository, tmp_path: Path) -> Repository:
    """A clone of the trimmed release that a test may develop further."""
    return trimmed.clone(tmp_path / "published")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with a history, as people have one before they hear of this template."""
    made = Repository.create(tmp_path / "my-project")
    made.write("README.md", "# My project\n")
    made.commit("Start")
    return made
