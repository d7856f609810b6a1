"""Git's configuration stays the host's: what its git replaces is protected again by the next session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bootstrap import git_protection
from tests.support.docker import docker, inspect
from tests.support.fixtures import NewProject
from tests.support.project import Project

APPEND = "echo '[core] fsmonitor = /workspace/evil' >>/workspace/.git/config"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A plain checkout, as far as this is concerned."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("[core]\n")
    return tmp_path


def test_a_change_after_the_start_is_noticed(checkout: Path) -> None:
    """X-S1: also one that pretends to be old, as whoever can write the file may set its time."""
    os.utime(checkout / ".git/config", (0, 0))
    assert git_protection.lost(str(checkout), "2020-01-02T03:04:05.6Z")
    assert not git_protection.lost(str(checkout), "2999-01-02T03:04:05.6Z")


def test_without_a_configuration_nothing_is_lost(tmp_path: Path) -> None:
    """X-S1: a directory without git, and a linked worktree, whose .git is a file."""
    assert not git_protection.lost(str(tmp_path), "2020-01-02T03:04:05Z")
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert not git_protection.lost(str(tmp_path), "2020-01-02T03:04:05Z")


@pytest.fixture
def exposed(new_project: NewProject) -> Project:
    """A project whose configuration was replaced on the host, so that the agent can write it."""
    project = new_project("config", up=True)
    assert project.inside("sh", "-c", APPEND).code != 0
    project.run("git", "config", "alias.st", "status").checked()
    return project


@pytest.mark.engine
def test_the_next_session_protects_it_again(exposed: Project) -> None:
    """X-S1: without anybody's doing; the change itself stays."""
    said = exposed.helper("claude", "--version").checked().err
    assert "Git's configuration changed" in said
    assert exposed.inside("sh", "-c", APPEND).code != 0
    assert exposed.run("git", "config", "alias.st").out.strip() == "status"
    assert exposed.helper("claude", "--version").checked().err == ""


@pytest.mark.engine
def test_container_up_protects_it_too(exposed: Project) -> None:
    """X-S1: `up` is what brings containers in line with the files."""
    exposed.helper("container", "up").checked()
    assert exposed.inside("sh", "-c", APPEND).code != 0


@pytest.mark.engine
def test_running_sessions_are_spared(exposed: Project) -> None:
    """X-S1: with another session running there is a warning instead, with the command that helps."""
    before = inspect(exposed.claude)["State"]["StartedAt"]
    docker("exec", "--detach", exposed.claude, "sleep", "60")
    said = exposed.helper("claude", "--version").checked().err
    assert "./.aidevcontainer/container restart" in said
    assert inspect(exposed.claude)["State"]["StartedAt"] == before
