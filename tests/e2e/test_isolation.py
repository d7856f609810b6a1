"""Settings that weaken the containers' isolation, and the proof from inside that the rules apply."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.docker import docker, inspect
from tests.support.internet import Internet
from tests.support.project import Project

pytestmark = pytest.mark.engine

OVERRIDE = ".aidevcontainer/docker-compose.override.yml"
PROOF = "/usr/local/lib/aidevcontainer/start-agent.sh"

# What stands below `claude:` in the override file, and the word of the sentence that refuses it.
REFUSED = {
    "runtime": ("runtime: wrapped", "runtime: wrapped"),
    "root": ("user: root", "user: root"),
    "root by number": ('user: "0:0"', "user: 0:0"),
    "the resolver": ('user: "5353"', "user: 5353"),
    "the name gate": ('user: "5354"', "user: 5354"),
    "capability": ("cap_add: [NET_RAW]", "cap_add: NET_RAW"),
    "privileged": ("privileged: true", "privileged: true"),
    "processes": ("pid: host", "pid: host"),
    "memory": ("ipc: host", "ipc: host"),
    "seccomp": ("security_opt: [seccomp=unconfined]", "security_opt: seccomp=unconfined"),
    "new privileges": ("security_opt: [no-new-privileges:false]", "no-new-privileges:false"),
    "socket": ("volumes: [/var/run/docker.sock:/x.sock]", "the engine's socket"),
    "folder of the socket": ("volumes: [/var/run:/host-run]", "the engine's socket"),
    "machine": ("volumes: [/:/host]", "the engine's socket"),
    "scaffold": ("volumes: [./:/workspace/.aidevcontainer]", "volumes: "),
    "second way to hooks": ("volumes: [../.git:/elsewhere]", "programs of this machine obey"),
    "without the proof": ("entrypoint: [sleep, infinity]", "entrypoint: sleep infinity"),
    "claim": ("environment: {AIDEVCONTAINER_ACCEPT: user:root}", "claims that you accepted"),
}


def weaken(project: Project, line: str, service: str = "claude") -> None:
    text = project.read(OVERRIDE)
    project.write(OVERRIDE, f"{text}services:\n  {service}:\n    {line}\n")


def test_weak_settings_are_refused(new_project: Callable[..., Project]) -> None:
    """X-E2, X-S1: each is refused by name before anything starts, and the way to accept it is told."""
    project = new_project("weak")
    before = project.read(OVERRIDE)
    for line, sentence in REFUSED.values():
        project.write(OVERRIDE, before)
        weaken(project, line)
        done = project.helper("container", "up")
        assert done.code == 1, line
        assert sentence in done.err, line
        assert "nothing was started" in done.err
    assert not docker("ps", "--all", "--quiet", "--filter", f"name={project.claude}").out


def test_accepted_setting_starts_and_is_reported(new_project: Callable[..., Project]) -> None:
    """X-E2: a person may insist on one setting; `status` and the doctor go on to name it."""
    project = new_project("accepts")
    weaken(project, "cap_add: [SYS_PTRACE]")
    refused = project.helper("container", "up")
    assert "AIDEVCONTAINER_ACCEPT='cap_add:SYS_PTRACE'" in refused.err
    project.helper("container", "up", env={"AIDEVCONTAINER_ACCEPT": "cap_add:SYS_PTRACE"}).checked()
    # Recorded for this machine: the next start needs no variable.
    project.helper("container", "up").checked()
    assert "cap_add: SYS_PTRACE" in project.helper("container", "status").out
    assert "cap_add: SYS_PTRACE" in project.helper("container", "doctor").out
    assert inspect(project.claude)["HostConfig"]["CapAdd"] == ["SYS_PTRACE"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("user: root", "must run as claude"),
        ("cap_add: [NET_RAW]", "has capabilities"),
        ("security_opt: [no-new-privileges:false]", "may gain privileges"),
        ("network_mode: bridge", "a connection to 240.0.0.1 was not refused|the firewall's resolver"),
    ],
)
def test_plain_compose_starts_no_weak_agent(
    new_project: Callable[..., Project], line: str, reason: str
) -> None:
    """X-E2: without any helper the agent's container proves itself, or ends and says why."""
    project = new_project("plain")
    project.up()
    project.down()
    weaken(project, line)
    project.compose("up", "--detach")
    assert docker("wait", project.claude, check=False, timeout=90).out != "0\n"
    assert any(each in docker("logs", project.claude).err for each in reason.split("|"))


def test_project_without_such_settings_is_sound(project: Project) -> None:
    """X-L2: neither the files nor the containers themselves give a reason to warn."""
    assert json.loads(project.helper("container", "status", "--json").out)["weaknesses"] == []


def test_proof_fails_outside_of_the_firewalls_network(project: Project, internet: Internet) -> None:
    """X-E2: a container with a network of its own, as a foreign runtime's has, fails; the agent's passes."""
    image = inspect(project.claude)["Config"]["Image"]
    outside = docker(
        "run",
        "--rm",
        f"--network={internet.network}",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        f"--entrypoint={PROOF}",
        image,
        check=False,
    )
    assert outside.code == 1
    assert "aidevcontainer: the agent container does not start: it does not reach" in outside.err
    assert project.inside(PROOF).code == 0
    assert "240.0.0.1" not in project.helper("firewall", "log").out
    assert "proof.aidevcontainer.invalid" not in project.helper("firewall", "log").out
