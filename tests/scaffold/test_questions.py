"""The questions as a person meets them on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.support.template import FOLDER, Repository, answers_of, git_environment
from tests.support.terminal import Terminal


@pytest.fixture
def terminal(published: Repository, repository: Repository) -> Iterator[Terminal]:
    """`copier copy` in a repository, at the first question."""
    command = [sys.executable, "-m", "copier", "copy", str(published.path), "."]
    environment = {**git_environment(), "TERM": "xterm-256color"}
    with Terminal(command, rows=60, columns=80, cwd=repository.path, env=environment) as opened:
        opened.wait_for("What is this project called")
        yield opened


def test_a_person_answers_everything(terminal: Terminal, repository: Repository) -> None:
    """U-1: each question explains itself, a wrong answer is explained at once, and the answers arrive."""
    terminal.wait_for("my-project")
    terminal.key("enter")
    terminal.wait_for("Which services may the agent reach")
    screen = terminal.wait_for("PyPI")
    assert "The firewall refuses all other hosts" in screen
    assert "Claude Code" not in screen.split("Which services")[1].split("»")[1]
    # Down from GitHub past npm and Deno to PyPI; the space bar chooses it.
    for _ in range(3):
        terminal.key("down")
    terminal.send(" ")
    terminal.key("enter")
    terminal.wait_for("Which other hosts may it reach")
    terminal.send("https://pypi.org/simple")
    terminal.key("enter")
    terminal.wait_for("Write only the host: pypi.org")
    terminal.key("ctrl-u")
    terminal.send("api.example.com db:5432")
    terminal.key("enter")
    terminal.wait_for("Names of Alpine packages")
    terminal.send("nodejs npm")
    terminal.key("enter")
    terminal.wait_for("Use the git hook")
    terminal.send("y")
    terminal.wait_for("it never asks")
    terminal.send("n")
    assert terminal.wait() == 0
    assert "./.aidevcontainer/claude" in terminal.screen()
    answers = answers_of(repository)
    assert answers["allowed_bundles"] == ["github", "npm", "pypi"]
    assert (answers["more_domains"], answers["alpine_packages"]) == ("api.example.com db:5432", "nodejs npm")
    assert (answers["git_hook"], answers["skip_permissions"]) == (True, False)


def test_ctrl_c_leaves_nothing(terminal: Terminal, repository: Repository) -> None:
    """U-1: whoever changes their mind at any question finds the repository as it was."""
    terminal.key("enter")
    terminal.wait_for("Which services may the agent reach")
    terminal.key("ctrl-c")
    assert terminal.wait() == 1
    assert "Traceback" not in terminal.screen()
    assert repository.changes() == []
    assert not (repository.path / FOLDER).exists()
