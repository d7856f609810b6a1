"""Plain Docker Compose, without any helper: what the Compose file and the image do by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import claude_screens, hostuser, scaffold
from tests.support.client import Client
from tests.support.docker import docker, inspect
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.rules import expect_rules
from tests.support.wait import until

pytestmark = pytest.mark.engine

# Each does a part of its job, as the agent or, where that needs the right to, as the firewall.
FIREWALLS_TOOLS = {
    "iptables": ("iptables -S OUTPUT", "-P OUTPUT DROP"),
    "ip6tables": ("ip6tables -S OUTPUT", "-P OUTPUT DROP"),
    "ipset": ("ipset list -name", "\n"),
}
AGENTS_TOOLS = {
    "iproute2": ("ip -o addr show dev lo", "127.0.0.1"),
    "bind-tools": ("dig +short listed.example.net", "."),
    "curl": ("curl -sS https://listed.example.net", "hello from listed"),
    "jq": ("echo '{\"a\": 5}' | jq .a", "5"),
    "git": ("git log --format=%s", "Start"),
    "ripgrep": ("rg GREETING src", "hello"),
    "bash": ("bash -c 'echo ${BASH_VERSION}'", "."),
    "ssh": ("ssh -V 2>&1", "OpenSSH"),
}


@pytest.fixture(scope="module")
def plain(workspace: Path, release: Path, internet: Internet, client: Client) -> Iterator[Project]:
    """A project that `docker compose up -d` brought up, with the Compose file's own defaults."""
    uid, gid = (501, 501) if len(hostuser.everybody()) > 1 else hostuser.everybody()[0]
    project = scaffold.repository(
        workspace / scaffold.unique("plain"), hostuser.create(uid, gid, workspace, client)
    )
    scaffold.scaffold(project, release, {"project_name": project.path.name})
    scaffold.join(project, internet)
    scaffold.trust_host(project)
    if uid != 501:
        project.write(".aidevcontainer/.env", f"CLAUDE_UID={uid}\nCLAUDE_GID={gid}\n")
    with project.remove_at_end():
        project.compose("up", "--detach").checked()
        yield project
    docker("rmi", f"aidevcontainer-{project.path.name}", check=False)


def test_up_leaves_both_running(plain: Project) -> None:
    """US-001.2, US-003.2: `docker compose up -d` ends with both running, the firewall proved, no warnings."""
    assert (plain.state("claude"), plain.state("firewall")) == ("running", "running")
    assert inspect(plain.firewall)["State"]["Health"]["Status"] == "healthy"
    assert plain.status()["state"] == "ready"
    plain.in_firewall("/usr/local/lib/aidevcontainer/firewall/resolve.sh", "--listed", "5", "60", check=True)
    assert plain.status()["warnings"] == []


def test_main_process_is_a_wait_under_an_init(plain: Project) -> None:
    """US-001.1, FR-1, U-5: an init with `sleep infinity` below it, and no Claude that nobody asked for."""
    assert plain.processes() == ["/sbin/tini -- sleep infinity", "sleep infinity"]


def test_init_reaps_orphans(plain: Project) -> None:
    """US-001.1: a process that outlived its parent leaves no zombie."""
    plain.inside("sh", "-c", "(sleep 0.2 &) && exit 0", check=True)
    until(lambda: len(plain.processes()) == 2, plain.processes)


def test_exec_opens_a_session_again_and_again(plain: Project) -> None:
    """US-001.3, US-001.4: `docker compose exec claude claude`, Ctrl+C twice, again; the container stays."""
    started = inspect(plain.claude)["State"]["StartedAt"]
    for _ in range(2):
        with plain.terminal("docker", "compose", "exec", "claude", "claude", cwd=plain.scaffold) as terminal:
            terminal.wait_for(claude_screens.FIRST_SCREEN)
            claude_screens.leave(terminal)
    assert inspect(plain.claude)["State"]["StartedAt"] == started


def test_default_ids(plain: Project) -> None:
    """US-005.1, FR-7: without any setting the agent is 501:501; the Compose file says how to change it."""
    ids = plain.compose("exec", "-T", "claude", "sh", "-c", "id -u; id -g").checked().out.split()
    assert ids == [str(plain.user.uid), str(plain.user.gid)]
    compose_file = (plain.scaffold / "docker-compose.yml").read_text(encoding="utf-8")
    assert "CLAUDE_UID=${CLAUDE_UID:-501}" in compose_file
    assert "CLAUDE_GID=${CLAUDE_GID:-501}" in compose_file
    assert "CLAUDE_UID=$(id -u)" in compose_file


_MIRRORED = """
printf 'https://dl-cdn.alpinelinux.org/alpine/v3.24/%s\\n' main community >/etc/apk/repositories
printf '#!/bin/sh\\ncat /etc/apk/repositories\\n' >/tmp/apk && chmod +x /tmp/apk
PATH=/tmp:$PATH /usr/local/lib/aidevcontainer/install-packages.sh nodejs
cat /etc/apk/repositories
"""


def test_packages_come_from_the_mirror(plain: Project) -> None:
    """X-N1, X-S2: apk is led to the mirror, whose address, perhaps with a password, is not in the image."""
    place = ("--rm", "--network=none", "--user=root", "--entrypoint=sh")
    mirror = "--env=ALPINE_MIRROR=https://mirror.example/alpine/"
    said = docker("run", *place, mirror, inspect(plain.claude)["Image"], "-euc", _MIRRORED).out
    addresses = ("https://mirror.example/alpine", "https://dl-cdn.alpinelinux.org/alpine")
    assert said.split() == [f"{each}/v3.24/{part}" for each in addresses for part in ("main", "community")]


@pytest.mark.parametrize("tool", FIREWALLS_TOOLS)
def test_firewalls_tools_work(plain: Project, tool: str) -> None:
    """US-002.1: iptables and ipset are installed and do their work."""
    command, expected = FIREWALLS_TOOLS[tool]
    assert expected in plain.in_firewall("sh", "-c", command, check=True).out


@pytest.mark.parametrize("tool", AGENTS_TOOLS)
def test_agents_tools_work(plain: Project, tool: str) -> None:
    """US-002.1: iproute2, bind-tools, curl, jq and what the agent works with do their work."""
    command, expected = AGENTS_TOOLS[tool]
    assert expected in plain.inside("sh", "-c", command, check=True).out


def test_only_the_firewall_has_net_capabilities(plain: Project) -> None:
    """US-004.1: NET_ADMIN and NET_RAW stand at the firewall, and nothing at the agent."""
    services = json.loads(plain.compose("config", "--format", "json").checked().out)["services"]
    assert services["firewall"]["cap_add"] == ["NET_ADMIN", "NET_RAW"]
    assert "cap_add" not in services["claude"]
    assert inspect(plain.claude)["HostConfig"]["CapAdd"] in (None, [])
    assert inspect(plain.claude)["HostConfig"]["CapDrop"] == ["ALL"]


def test_script_runs_at_start_and_never_on_exec(plain: Project) -> None:
    """US-004.2, FR-2: the firewall's script ran once, as root; sessions do not run it and are not root."""
    before = plain.status()
    for _ in range(2):
        plain.compose("exec", "-T", "claude", "claude", "--version").checked()
    assert plain.status() == before
    assert plain.in_firewall("id", "-u").out == "0\n"
    assert plain.compose("exec", "-T", "claude", "id", "-u").out == f"{plain.user.uid}\n"
    assert plain.inside("/usr/local/lib/aidevcontainer/init-firewall.sh").code != 0


def test_output_kept_by_the_engine_is_limited(plain: Project) -> None:
    """X-F3: nothing grows without bound, the containers' logs neither."""
    for container in (plain.claude, plain.firewall):
        kept = inspect(container)["HostConfig"]["LogConfig"]
        assert kept == {"Type": "json-file", "Config": {"max-file": "2", "max-size": "5m"}}


def test_limits_have_defaults_and_can_be_changed(plain: Project) -> None:
    """M-1: one runaway session cannot take the machine down; how much it may take is the user's choice."""
    assert limits(plain) == (str(8 << 30), 4096, None)
    chosen = {"AIDEVCONTAINER_MEMORY": "1g", "AIDEVCONTAINER_PIDS": "100", "AIDEVCONTAINER_CPUS": "1.5"}
    assert limits(plain, **chosen) == (str(1 << 30), 100, 1.5)
    assert inspect(plain.claude)["HostConfig"]["PidsLimit"] == 4096


def test_rules_hold_for_the_containers_life(plain: Project, internet: Internet) -> None:
    """US-004.3: refused before and after a restart of everything; allowed hosts work in both."""
    assert internet.probe("curl", "-sS", "https://example.com").code == 0
    expect_rules(plain)
    plain.compose("restart").checked()
    plain.wait_ready()
    expect_rules(plain)


def test_down_and_stop_are_heeded(plain: Project) -> None:
    """US-001.1, US-001.2: signals reach the wait, so a stop needs no kill; `down` removes everything."""
    plain.compose("stop", "claude").checked()
    assert inspect(plain.claude)["State"]["ExitCode"] == 143
    plain.compose("up", "--detach").checked()
    assert plain.state("claude") == "running"
    plain.compose("down").checked()
    assert plain.compose("ps", "--all", "--quiet").out == ""


def limits(project: Project, **variables: str) -> tuple[object, ...]:
    """Return memory, processes and processors that Compose would give the agent."""
    line = ("docker", "compose", "config", "--format", "json")
    found = project.run(*line, cwd=project.scaffold, env=variables).checked().out
    agent = json.loads(found)["services"]["claude"]
    return tuple(agent.get(key) for key in ("mem_limit", "pids_limit", "cpus"))
