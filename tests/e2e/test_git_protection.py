"""Git's configuration stays the host's: what its git replaces is protected again by the next session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aidevcontainer.git import mount_file, protection
from aidevcontainer.git.mount import Mount
from tests.support.docker import docker, inspect
from tests.support.fixtures import NewProject
from tests.support.project import Project

APPEND = "echo '[core] fsmonitor = /workspace/evil' >>/workspace/.git/config"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A plain checkout, as far as this is concerned."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("[core]\n")
    (tmp_path / ".aidevcontainer").mkdir()
    mount = Mount(str(tmp_path / ".git/config"), "/workspace/.git/config")
    mount_file.write(str(tmp_path), [mount])
    return tmp_path


def test_a_change_after_the_start_is_noticed(checkout: Path) -> None:
    """X-S1: also one that pretends to be old, as whoever can write the file may set its time."""
    os.utime(checkout / ".git/config", (0, 0))
    assert protection.lost(str(checkout), "2020-01-02T03:04:05.6Z")
    assert not protection.lost(str(checkout), "2999-01-02T03:04:05.6Z")


def test_what_is_gone_is_lost(checkout: Path) -> None:
    """X-S1: whoever removed it may put something else there, which is not protected."""
    (checkout / ".git/config").unlink()
    assert protection.lost(str(checkout), "2999-01-02T03:04:05Z")


@pytest.mark.parametrize("writable", [False, True])
def test_link_that_leads_the_engine_elsewhere_is_noticed(checkout: Path, writable: bool) -> None:
    """X-S1: put where a mount was undone, it is followed at the next start, which may not be ours."""
    folder = checkout / "vendor/lib"
    folder.mkdir(parents=True)
    mount_file.write(str(checkout), [Mount(str(folder), "/workspace/vendor/lib", writable)])
    assert not protection.lost(str(checkout), "2999-01-02T03:04:05Z")
    folder.rmdir()
    folder.symlink_to("/")
    assert protection.lost(str(checkout), "2999-01-02T03:04:05Z")


def test_where_nothing_is_mounted_nothing_is_lost(tmp_path: Path) -> None:
    """X-S1: a directory without git, or one that was never started."""
    assert not protection.lost(str(tmp_path), "2020-01-02T03:04:05Z")


def test_mount_that_was_undone_is_named(checkout: Path) -> None:
    """X-S1: as the container sees it; spaces are escaped there. Another text tells nothing."""
    places = ("/workspace", "/workspace/.aidevcontainer", r"/workspace/a\040b")
    lines = "".join(f"1 2 0:1 / {place} ro - ext4 x rw\n" for place in places)
    assert protection.detached(str(checkout), lines) == ["/workspace/.git/config"]
    assert protection.detached(str(checkout), "Error: no such container\n") == []
    mount_file.write(str(checkout), [Mount("/x", "/workspace/a b")])
    assert protection.detached(str(checkout), lines) == []


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
def test_link_in_a_mounts_place_opens_no_session(new_project: NewProject) -> None:
    """X-S1: the engine followed it at a restart of its own; who opens a session is told, and gets none."""
    project = new_project("linked", up=True)
    secret = project.path.parent / "secret"
    secret.mkdir(exist_ok=True)
    project.run("rmdir", ".git/worktrees").checked()
    project.inside("ln", "-s", str(secret), "/workspace/.git/worktrees").checked()
    docker("restart", "--time", "1", project.claude, check=False)
    done = project.helper("claude", "--version")
    assert (done.code, "symbolic link" in done.err) == (1, True), done


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


@pytest.mark.engine
def test_a_folder_that_merely_changed_is_no_reason_to_warn(new_project: NewProject) -> None:
    """X-S1: the host adds a worktree while a session is open; the read-only mount is still there."""
    project = new_project("worktree", up=True)
    docker("exec", "--detach", project.claude, "sleep", "60")
    project.run("git", "worktree", "add", "--quiet", str(project.user.home / project.path.name)).checked()
    assert project.helper("claude", "--version").checked().err == ""
