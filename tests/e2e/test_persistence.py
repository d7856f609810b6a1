"""What outlives a session, a container and an image."""

from __future__ import annotations

import pytest

from tests.support import claude_screens
from tests.support.docker import docker, inspect
from tests.support.fixtures import NewProject
from tests.support.model import Model, say
from tests.support.project import SIGNED_IN, Project
from tests.support.rules import expect_rules
from tests.support.wait import until

pytestmark = pytest.mark.engine


def test_what_claude_remembers_survives(new_project: NewProject, model: Model) -> None:
    """FR-8: settings, sign-in and conversations outlive `down` and `up`, and a rebuild of the image."""
    project = new_project("memory", up=True)
    with project.session(env=SIGNED_IN) as terminal:
        claude_screens.reach_prompt(terminal)
        claude_screens.leave(terminal)
    project.ask(model.script("remember", say("noted"))).checked()
    first = inspect(project.claude)
    project.down()
    project.up()
    expect_prompt_at_once(project)
    project.write(".aidevcontainer/packages.txt", "make\n")
    project.helper("container", "rebuild").checked()
    second = inspect(project.claude)
    assert (second["Id"], second["Image"]) != (first["Id"], first["Image"])
    project.inside("make", "--version", check=True)
    expect_prompt_at_once(project)
    continued = project.ask(model.script("continue", say("not asked")), "--continue").checked()
    assert continued.code == 0
    assert "noted" in str(model.requests("remember")[-1]["messages"])


_ACCEPTED = "$(ssh -G git.corp.dev | sed -n 's/^userknownhostsfile //p' | cut -d ' ' -f 1)"


def test_accepted_host_keys_survive(new_project: NewProject) -> None:
    """What ssh writes when somebody accepts a key, also where ~/.ssh is mounted read-only."""
    project = new_project("accepted", up=True)
    project.inside("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/tmp/key", check=True)
    accept = f"""echo "git.corp.dev $(cut -d ' ' -f 1,2 /tmp/key.pub)" >>{_ACCEPTED}"""
    project.inside("sh", "-c", accept, check=True)
    project.write("keys/config", "")
    mount = "services: {claude: {volumes: ['../keys:/home/claude/.ssh:ro']}}\n"
    project.write(".aidevcontainer/docker-compose.override.yml", mount)
    project.down()
    project.up()
    found = project.inside("sh", "-c", f"ssh-keygen -F git.corp.dev -f {_ACCEPTED}", check=True)
    assert "ssh-ed25519" in found.out
    project.inside("sh", "-c", f"! touch ~/.ssh/x && echo >>{_ACCEPTED}", check=True)


def test_configuration_directory_is_the_agents(project: Project) -> None:
    """FR-8: `/home/claude/.claude` is writable, a volume of its own, and where Claude keeps all it has."""
    project.inside("sh", "-c", "touch ~/.claude/probe && rm ~/.claude/probe", check=True)
    mounts = {mount["Destination"]: mount for mount in inspect(project.claude)["Mounts"]}
    assert mounts["/home/claude/.claude"]["Type"] == "volume"
    assert (
        project.inside("sh", "-c", "echo $HOME $CLAUDE_CONFIG_DIR").out
        == "/home/claude /home/claude/.claude\n"
    )


def test_containers_come_back_by_themselves(project: Project) -> None:
    """M-1: nothing but a person's own `stop` or `down` keeps the containers from running."""
    for container in (project.claude, project.firewall):
        assert inspect(container)["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"


def test_dead_agent_container_comes_back(new_project: NewProject) -> None:
    """M-1: when its main process is killed the container starts again by itself, behind the same rules."""
    project = new_project("revive", up=True)
    kill_main_process(project.claude)
    until(lambda: restarted(project.claude), lambda: inspect(project.claude)["State"])
    expect_rules(project)


def test_dead_firewall_comes_back_and_a_session_heals_the_rest(new_project: NewProject) -> None:
    """M-1, X-F1: a killed firewall leaves the agent cut off; it comes back, and the next session works."""
    project = new_project("heal", up=True)
    kill_main_process(project.firewall)
    until(lambda: restarted(project.firewall), lambda: inspect(project.firewall)["State"])
    cut_off = project.inside("curl", "-sS", "-m", "5", "https://listed.example.net")
    assert cut_off.code != 0, cut_off
    with project.session() as terminal:
        terminal.wait_for(claude_screens.FIRST_SCREEN, 90)
        expect_rules(project)
        claude_screens.leave(terminal)


def kill_main_process(container: str) -> None:
    """Kill a container's first process from outside, as the kernel does when memory runs out."""
    found = inspect(container)
    place = ("run", "--rm", "--pid", "host", "--cap-add", "KILL", "--user", "root", "--network", "none")
    docker(*place, "--entrypoint", "kill", found["Image"], "-9", str(found["State"]["Pid"]))


def restarted(container: str) -> bool:
    """Return whether the engine has started the container again."""
    found = inspect(container)
    return bool(found["RestartCount"]) and found["State"]["Status"] == "running"


def expect_prompt_at_once(project: Project) -> None:
    """Open a session and see the prompt, with no question of a first start."""
    with project.session(env=SIGNED_IN) as terminal:
        screen = terminal.wait_for("|".join([claude_screens.PROMPT, claude_screens.FIRST_SCREEN]))
        assert not [question for question, _, _ in claude_screens.QUESTIONS if question in screen]
        claude_screens.leave(terminal)
