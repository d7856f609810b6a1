"""What `container doctor` says of the two containers, the firewall, the way out and a session's needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
import yaml

from aidevcontainer.doctor.session import SIGN_IN
from tests.hostside.doctor import engine_says, look, problem, problems, skipped
from tests.hostside.engine import container
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import REPOSITORY, FakeProject, Machine
from tests.hostside.start import POLICY, both_run

__all__ = ["machine", "project"]

RUNNING = (
    *("containers.running", "containers.namespace", "containers.directory", "containers.image"),
    *("firewall.state", "firewall.rules", "firewall.resolver"),
    *("session.program", "session.hosts", "session.signed-in"),
)
AT_REST = ("containers.namespace", "firewall.state", "firewall.resolver", "session.program", "kernel.ipv6")


@pytest.fixture
def up(machine: Machine, project: FakeProject) -> FakeProject:
    """A project whose containers are up and well."""
    machine.install_docker()
    engine_says(machine)
    project.complete()
    project.record()
    both_run(project)
    machine.answer("dig ", out=";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n")
    machine.answer("resolve.sh", out="\n".join(SIGN_IN))
    machine.answer("claude.id", out="9.8.7-0123456789ab\n")
    return project


def test_sound_containers_have_no_findings(up: FakeProject) -> None:
    """X-L2: silence where nothing is wrong."""
    for name in RUNNING:
        assert problems(name, up) == []


def test_project_at_rest_has_no_findings(up: FakeProject, machine: Machine) -> None:
    """X-L2: what was never started is not broken."""
    machine.answer("container inspect", 1, err="no such container")
    assert problems("containers.running", up) == []
    for name in AT_REST:
        assert "is not running" in skipped(name, up)


def test_agent_without_its_firewall(up: FakeProject) -> None:
    """X-F1, X-L2: closed, but of no use."""
    both_run(up, State={"Status": "exited", "StartedAt": "2026-01-02T03:04:05.6Z"})
    found = problem("containers.running", up)
    assert (found.level, found.fix) == ("error", "./.aidevcontainer/container up")


def test_stale_namespace(up: FakeProject) -> None:
    """X-F1, X-L2: of a firewall that was recreated, or merely restarted."""
    both_run(up, Id="e" * 64)
    assert problem("containers.namespace", up).level == "error"
    both_run(up, State={"Status": "running", "StartedAt": "2999-02-02T03:04:05.6Z"})
    assert problem("containers.namespace", up).fix == "./.aidevcontainer/container up"


def test_containers_of_another_directory(up: FakeProject, machine: Machine) -> None:
    """X-L1, X-L2: as after `cp -r` with its .env."""
    other = container("c" * 64, Path("/other clone"), network=f"container:{'f' * 64}")
    machine.answer(f"{up.name}-claude-1", out=json.dumps(other))
    assert "belongs to /other clone" in problem("containers.directory", up).what


def test_image_of_other_files(up: FakeProject) -> None:
    """X-L2: changed since; a note, since what runs still works."""
    with (up.folder / ".env").open("a") as file:
        file.write("AIDEVCONTAINER_IMAGE=aidevcontainer:0123456789abcdef\n")
    found = problem("containers.image", up)
    assert (found.level, found.fix) == ("note", "./.aidevcontainer/container rebuild")


def test_closed_firewall_is_an_error_with_its_own_reason(up: FakeProject, machine: Machine) -> None:
    """X-F1, X-L2: and what would need an open one is passed over."""
    machine.answer("status.json", out='{"state": "closed", "error": "line 3 is wrong"}')
    found = problem("firewall.state", up)
    assert found.level == "error"
    assert "line 3 is wrong" in found.what
    for name in ("firewall.rules", "firewall.resolver", "session.hosts"):
        assert skipped(name, up) == "the firewall is not ready"


def test_firewalls_warnings_are_notes(up: FakeProject) -> None:
    """US-003.2, X-L2: a name that does not resolve is nothing broken here."""
    found = problem("firewall.warnings", up)
    assert (found.level, found.what) == ("note", POLICY["warnings"][0])


def test_lost_rules(up: FakeProject, machine: Machine) -> None:
    """US-004.3, X-L2: in the health check's words."""
    machine.answer("healthcheck.sh", 1, err="firewall: the IPv6 rules are gone\n")
    found = problem("firewall.rules", up)
    assert found.level == "error"
    assert "rules are gone" in found.what


@pytest.mark.parametrize(
    ("answer", "level"),
    [(";; connection timed out; no servers could be reached\n", "error"), ("status: NOERROR\n", "warning")],
)
def test_resolver_that_is_dead_or_talks_too_much(
    up: FakeProject, machine: Machine, answer: str, level: str
) -> None:
    """X-F2, X-L2: it has to refuse a name that nobody listed."""
    machine.answer("dig ", out=answer)
    found = problem("firewall.resolver", up)
    assert (found.level, found.fix) == (level, "./.aidevcontainer/container restart")


def test_resolver_is_asked_for_what_no_wildcard_covers(up: FakeProject, machine: Machine) -> None:
    """X-F2, X-L2: a name that is listed may be answered."""
    (up.folder / "allowed-domains.txt").write_text("*.com\nexample.com\n")
    assert problems("firewall.resolver", up) == []
    (asked,) = (call.arguments[-1] for call in machine.calls() if "dig " in " ".join(call.arguments))
    assert asked == "example.net"


def test_doctors_own_question_is_noted_before_it_is_asked(up: FakeProject, machine: Machine) -> None:
    """X-F6: the log is about the agent."""
    assert problems("firewall.resolver", up) == []
    (script,) = (call.arguments[-2] for call in machine.calls() if "dig " in " ".join(call.arguments))
    assert 0 <= script.index("own-questions") < script.index("dig ")


def test_claude_that_is_not_unpacked(up: FakeProject, machine: Machine) -> None:
    """X-L2: as on a full disk; and one of another version than the pin's."""
    machine.answer("claude.id", out="9.9.9-0123456789ab\n")
    assert "claude.pin names 9.8.7" in problem("session.program", up).what
    machine.answer("claude.id", 1, out="9.8.7-0123456789ab\n")
    found = problem("session.program", up)
    assert (found.level, found.what) == ("error", "Claude Code 9.8.7 is not unpacked.")


def test_hosts_of_the_sign_in_are_those_of_the_list() -> None:
    """US-003.2: one list; what the doctor asks for is on it."""
    bundles = yaml.safe_load(
        (REPOSITORY / "bootstrap/aidevcontainer/firewall/bundles.yml").read_text(encoding="utf-8")
    )
    (core,) = (each for each in bundles if each["key"] == "core")
    assert set(SIGN_IN) <= set(core["hosts"])


def test_hosts_of_the_sign_in_are_listed_and_resolve(up: FakeProject, machine: Machine) -> None:
    """US-003.2, X-L2: also by a wildcard, or by the defaults where there is no list."""
    (up.folder / "allowed-domains.txt").write_text("*.anthropic.com\nclaude.ai # here\nclaude.com\n")
    found = problem("session.hosts", up)
    assert found.fix == "./.aidevcontainer/firewall allow platform.claude.com"
    (up.folder / "allowed-domains.local.txt").write_text("platform.claude.com\n")
    assert problems("session.hosts", up) == []
    machine.answer("resolve.sh", out="claude.ai\nclaude.com\nplatform.claude.com\n")
    assert problem("session.hosts", up).what.endswith(": api.anthropic.com.")


def test_sign_in(up: FakeProject, machine: Machine) -> None:
    """X-S2, X-L2: kept in the volume, or a token in the caller's environment, which is not shown."""
    machine.answer(".credentials.json", 1)
    assert problem("session.signed-in", up).fix == "./.aidevcontainer/claude"
    assert problems("session.signed-in", up, ANTHROPIC_API_KEY="secret") == []


def test_proxy_that_builds_do_not_know(up: FakeProject) -> None:
    """X-N1, X-L2: in either direction, in either spelling."""
    found = problem("network.proxy-settings", up, https_proxy="http://proxy.example.com:3128")
    assert found.level == "note"
    assert "HTTPS_PROXY is http://proxy.example.com:3128 in your environment and not set" in found.what
    with (up.folder / ".env").open("a") as file:
        file.write("HTTPS_PROXY=http://proxy.example.com:3128\n")
    assert problems("network.proxy-settings", up, HTTPS_PROXY="http://proxy.example.com:3128") == []
    assert "not set in your environment" in problem("network.proxy-settings", up).what


@pytest.mark.parametrize("address", ["http://127.0.0.1:3128", "localhost:3128", "http://[::1]:8080/"])
def test_proxy_on_localhost(up: FakeProject, address: str) -> None:
    """X-N1, X-L2: the most common way to wait for a build in vain."""
    found = problem("network.proxy-address", up, HTTPS_PROXY=address)
    assert found.level == "warning"
    assert "the container itself" in found.what


def test_proxy_is_tried_only_where_it_is_listed(up: FakeProject, machine: Machine) -> None:
    """X-N1, X-L2: nothing is sent to what the agent may not reach."""
    proxy = {"HTTPS_PROXY": "http://proxy.example.com:3128"}
    assert "no proxy is on the allowlist" in skipped("network.proxy-reach", up, **proxy)
    (up.folder / "allowed-domains.txt").write_text("proxy.example.com:3128\n")
    assert problems("network.proxy-reach", up, **proxy) == []
    machine.answer("http://proxy.example.com:3128/", 28)
    assert problem("network.proxy-reach", up, **proxy).level == "warning"


def test_proxy_on_a_port_of_the_web_needs_tcp(up: FakeProject) -> None:
    """X-F8: on 80 the name gate lets a request to the host pass, and refuses a request to a proxy."""
    proxy = {"HTTPS_PROXY": "http://proxy.example.com:80"}
    (up.folder / "allowed-domains.txt").write_text("proxy.example.com\n")
    found = problem("network.proxy-reach", up, **proxy)
    assert (found.level, "firewall allow proxy.example.com:80/tcp" in found.fix) == ("warning", True)
    (up.folder / "allowed-domains.txt").write_text("proxy.example.com:80/tcp\n")
    assert problems("network.proxy-reach", up, **proxy) == []


@pytest.fixture
def authority(tmp_path: Path) -> Callable[[], str]:
    """Write an authority that the host trusts in addition, and return its path."""

    def write() -> str:
        path = tmp_path / "company.pem"
        body = "MAoGCCqGSM49BAMC"
        path.write_text(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        return str(path)

    return write


def test_authority_that_the_image_does_not_know(up: FakeProject, authority: Callable[[], str]) -> None:
    """X-N1, X-L2: until the next start hands it on; one that is gone is a note."""
    variables = {"NODE_EXTRA_CA_CERTS": authority()}
    found = problems("network.certificates", up, **variables)
    assert [each.fix for each in found] == ["./.aidevcontainer/container up"]
    (up.folder / ".env").unlink()
    assert skipped("network.certificates", up, **variables) == "the first start copies them"


def test_files_among_the_certificates_that_are_not_used(up: FakeProject) -> None:
    """Each with its reason, and the trusted ones by their names."""
    (up.folder / "ca").mkdir(exist_ok=True)
    (up.folder / "ca/corp.txt").write_text("x")
    (up.folder / "ca/broken.pem").write_text("x")
    assert [each.what.partition(" ")[0] for each in problems("network.authorities", up)] == [
        "ca/broken.pem",
        "ca/corp.txt",
    ]
    (up.folder / "ca/corp.txt").unlink()
    (up.folder / "ca/broken.pem").write_bytes(trustme.CA(organization_unit_name="Corp CA").cert_pem.bytes())
    outcome = look("network.authorities", up.root, up.machine.environment)
    assert [each.what for each in outcome.findings] == ["the image trusts Corp CA (broken.pem)"]


def test_everything_is_asked_of_the_right_containers(up: FakeProject, machine: Machine) -> None:
    """X-S2, X-L2: what needs root goes to the firewall, what the agent sees to the agent, by their ids."""
    problems("firewall.rules", up)
    problems("session.signed-in", up)
    targets = {call.arguments[1][:1] for call in machine.calls() if call.arguments[0] == "exec"}
    assert targets == {"f", "c"}
