"""The host's SSH agent inside: only for who asks for it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aidevcontainer.project import ssh_agent
from tests.support.fixtures import NewProject
from tests.support.hostuser import HostUser
from tests.support.project import Project
from tests.support.run import run


@pytest.mark.parametrize("option", ["", "0", "no", "off", "perhaps"])
def test_off_unless_asked_for(option: str, tmp_path: Path) -> None:
    """X-S2: an agent that runs on the host is not enough."""
    assert ssh_agent.variables({"SSH_AUTH_SOCK": str(tmp_path)}, option) == {}
    assert ssh_agent.remark(option, {}) == ""


def test_asked_for_and_not_there() -> None:
    """X-S2: a start says so and goes on; mounting a missing socket would keep it from starting."""
    found = ssh_agent.variables({"SSH_AUTH_SOCK": "/nonexistent/agent"}, "1", "linux")
    assert found == {}
    assert "./.aidevcontainer/container up" in ssh_agent.remark("1", found)


def test_macos_has_a_socket_of_the_engines() -> None:
    """X-S2: a socket of the host cannot be used in the engine's virtual machine."""
    assert ssh_agent.variables({}, "1", "darwin")[ssh_agent.NAMES[0]] == "/run/host-services/ssh-auth.sock"


@pytest.fixture
def agent(host_user: HostUser) -> Iterator[Path]:
    """A real agent of the host's user with one key, at a path that does not last."""
    folder = host_user.home / "agent"
    folder.mkdir(exist_ok=True)
    host_user.own(folder)
    socket, key = folder / "socket", folder / "key"
    served = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)], preexec_fn=host_user.become, stdout=subprocess.DEVNULL
    )
    try:
        make = (
            f"until [ -S {socket} ]; do sleep 0.05; done; "
            f"ssh-keygen -qt ed25519 -N '' -C forwarded -f {key} && ssh-add -q {key}"
        )
        environment = {**host_user.environment, "SSH_AUTH_SOCK": str(socket)}
        run(["sh", "-c", make], env=environment, become=host_user.become).checked()
        yield socket
    finally:
        served.terminate()
        served.wait(10)
        shutil.rmtree(folder)


@pytest.mark.engine
def test_keys_can_be_used_inside(new_project: NewProject, agent: Path) -> None:
    """X-S2: with the option the agent's keys are there, not their files; remembered for later starts."""
    project = new_project("ssh")
    project.helper("container", "up", env={"SSH_AUTH_SOCK": str(agent), ssh_agent.OPTION: "1"}).checked()
    assert "forwarded" in project.inside("ssh-add", "-l", check=True).out
    assert f"{ssh_agent.OPTION}=1" in project.read(".aidevcontainer/.env")


@pytest.mark.engine
def test_no_agent_inside_by_default(project: Project) -> None:
    """X-S2: nothing of it is there, wherever a session looks."""
    assert project.inside("sh", "-c", "ssh-add -l").code == 2
    assert project.inside("sh", "-c", "find / -type s -name '*agent*' 2>/dev/null").out == ""
