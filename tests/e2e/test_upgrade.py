"""`container upgrade` on a real engine, with a program as small as a page in Claude's place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aidevcontainer.engine.claude_pin import Pin
from tests.support.docker import docker, inspect
from tests.support.fixtures import NewProject
from tests.support.npm import Registry
from tests.support.project import Project

pytestmark = pytest.mark.engine

OLD, NEW = "9.0.1", "9.0.2"
PROGRAM = """#!/bin/sh
[ "${{1:-}}" != wait ] || {{ echo "waiting in {0}"; read -r line; echo "$line in {0}"; exit 0; }}
echo "this is {0}"
"""


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry where builds reach this machine: at the bridge's own address. Nothing leaves the machine."""
    form = "{{(index .IPAM.Config 0).Gateway}}"
    gateway = docker("network", "inspect", "bridge", "--format", form).out.strip()
    made = Registry(gateway, gateway)
    made.publish(OLD, PROGRAM.format(OLD))
    yield made
    made.close()


@pytest.fixture
def old(new_project: NewProject, registry: Registry) -> Iterator[Project]:
    """A project that runs the older version."""
    project = new_project("upgrade")
    digest = registry.versions[OLD][0]
    project.write(".aidevcontainer/claude.pin", Pin(OLD, {"x64": digest, "arm64": digest}).text())
    project.write(".aidevcontainer/ca/registry.crt", registry.ca_pem)
    project.helper("container", "up", env={"NPM_REGISTRY": registry.address}).checked()
    yield project
    project.in_firewall("sh", "-c", f"rm -rf /opt/claude/{OLD}-* /opt/claude/{NEW}-*")


def version(project: Project) -> str:
    return project.helper("claude", "--version").checked().out


def test_a_session_lives_through_an_upgrade(old: Project, registry: Registry) -> None:
    """U-3: built while a session runs, taken into use when none does, and back again."""
    assert version(old) == f"this is {OLD}\n"
    first = inspect(old.claude)["Id"]
    registry.publish(NEW, PROGRAM.format(NEW))
    with old.session("wait") as terminal:
        terminal.wait_for(f"waiting in {OLD}")
        said = old.helper("container", "upgrade").checked().err
        assert f"1 session keeps running with Claude Code {OLD}." in said
        assert version(old) == f"this is {OLD}\n"
        assert inspect(old.claude)["Id"] == first
        terminal.send("alive")
        terminal.key("enter")
        terminal.wait_for(f"alive in {OLD}")
        assert terminal.wait() == 0
    assert version(old) == f"this is {NEW}\n"
    assert inspect(old.claude)["Id"] != first
    assert inspect(old.claude)["Config"]["Labels"]["aidevcontainer.claude"] == NEW
    assert "is in use" in old.helper("container", "upgrade", "--back").checked().err
    assert version(old) == f"this is {OLD}\n"
