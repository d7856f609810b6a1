"""`container list`: every project of the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hostside.engine import container
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Finished, Machine

__all__ = ["machine", "project"]


def shown(name: str, root: Path, **changes: object) -> str:
    """Return what docker says of a project's container."""
    found = container("c" * 64, root, started="2026-01-02T03:04:05.6Z")
    found["Config"]["Labels"]["com.docker.compose.project"] = name
    return json.dumps({"Name": f"/{name}-claude-1", **found, **changes})


@pytest.fixture
def three(machine: Machine, project: FakeProject, tmp_path: Path) -> Finished:
    """A project with two sessions, one that is stopped, one whose directory is gone."""
    machine.install_docker()
    (project.folder / "claude.pin").write_text("version 9.8.7\n")
    stopped = {"Status": "exited", "StartedAt": "0001-01-01T00:00:00Z"}
    other = tmp_path / "another"
    (other / ".aidevcontainer").mkdir(parents=True)
    lines = [
        shown(project.name, project.root, ExecIDs=["1", "2"]),
        shown("another-1", other, State=stopped, Created="2026-01-02T03:04:05Z"),
        shown("lost-1", tmp_path / "lost"),
    ]
    machine.answer("container ls", out="a\nb\nc\n")
    machine.answer("container inspect", out="\n".join(lines) + "\n")
    return project.in_venv("cli.container", "list")


def test_table(three: Finished, project: FakeProject) -> None:
    """X-L1: state, sessions, Claude's version, age, directory."""
    assert three.code == 0
    row = next(line for line in three.out.splitlines() if line.endswith(str(project.root)))
    assert row.split()[:4] == ["running", "2", "9.8.7", row.split()[3]]
    assert " d ago" in row
    assert "stopped" in three.out


def test_gone_directory_comes_with_the_command(three: Finished) -> None:
    """X-L3: what it left in the engine, by name."""
    assert "gone" in three.out
    assert "docker rm --force lost-1-claude-1 lost-1-firewall-1 lost-1-bridge-1; " in three.out
    assert "docker rm --force another" not in three.out


def test_json(three: Finished, project: FakeProject) -> None:
    """X-L1: for a program."""
    assert three.code == 0
    found = json.loads(project.in_venv("cli.container", "list", "--json").out)
    assert {each["state"] for each in found} == {"running", "stopped", "gone"}
    assert [each["sessions"] for each in found if each["root"] == str(project.root)] == [2]


def test_no_project(machine: Machine, project: FakeProject) -> None:
    """X-L1: a sentence, and an empty list for a program."""
    machine.install_docker()
    assert "No project" in project.in_venv("cli.container", "list").out
    assert json.loads(project.in_venv("cli.container", "list", "--json").out) == []
