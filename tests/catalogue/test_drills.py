"""The attacks that are no single command: races, poisoned inputs, kernels that lack something."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.disturbance import DISTURBANCES, FILL, HALF_HELLOS, disturbed, program
from tests.support.docker import docker, execute, put
from tests.support.firewall import (
    POLICY,
    SCRIPTS,
    Firewall,
    Lack,
    NewFirewall,
    echo,
    programs,
    without_nf_tables,
)
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.rules import REFUSED, expect_rules
from tests.support.wait import until

from .attack import Result
from .entry import Entry, drills, probes
from .ground import LISTED

pytestmark = pytest.mark.engine

STATE = "/var/lib/aidevcontainer"
_HAMMER = """
while :; do
  (: </dev/tcp/{target}/22) 2>/dev/null
  echo >>/tmp/tries
done"""
_LACKING = """\
input=$(cat)
case $input in *{feature}*) echo "Extension {feature} not supported" >&2; exit 1 ;; esac
printf '%s\\n' "$input" | PATH=${{PATH#*:}} {program} "$@"
"""


@pytest.fixture(scope="module")
def firewall(new_firewall: NewFirewall, internet: Internet, tables: Path | None) -> Iterator[Firewall]:
    """A firewall that obeys what is not poisoned: a sound list opens what poison shall open."""
    made = new_firewall(*LISTED, internet.servers["unlisted"].address, programs=tables)
    assert "hello" in _fetch(made, internet)
    made.write_list(*LISTED)
    made.reload().checked()
    yield made
    internet.restore()


@pytest.fixture(scope="module")
def hammered(new_firewall: NewFirewall, internet: Internet, tables: Path | None) -> Iterator[Firewall]:
    """A firewall with a container behind it that does nothing but try to get out; outside it succeeds."""
    unlisted = internet.servers["unlisted"]
    hammer = _HAMMER.format(target=unlisted.address)
    internet.probe("timeout", "1", "bash", "-c", hammer)
    assert unlisted.seen("tcp"), "the attack does not even work outside"
    made = new_firewall(*LISTED, ready=False, programs=tables)
    rights = ["--cap-drop=ALL", "--security-opt=no-new-privileges:true", f"--network=container:{made.name}"]
    docker("run", "--detach", "--name", _hammer(made), *rights, made.image, "bash", "-c", hammer)
    yield made
    docker("rm", "--force", _hammer(made))


def _hammer(firewall: Firewall) -> str:
    return f"{firewall.name}-hammer"


def _fetch(firewall: Firewall, internet: Internet) -> str:
    done = firewall.inside("curl", "-sSk", f"http://{internet.servers['unlisted'].address}/")
    return done.out + done.err


def _expect_in_force(firewall: Firewall, internet: Internet) -> None:
    assert firewall.inside("curl", "-sSk", "https://listed.example.net/").out == "hello from listed\n"
    assert "hello" not in _fetch(firewall, internet)


@pytest.mark.parametrize("entry", drills("hammer"), ids=lambda entry: entry.id)
def test_race_is_lost(hammered: Firewall, internet: Internet, results: list[Result], entry: Entry) -> None:
    """X-F7, X-F1, X-F5, US-004.3: nothing gets out at any moment, and what is allowed works afterwards."""
    unlisted, hammer = internet.servers["unlisted"], _hammer(hammered)
    hammered.wait_ready().checked()
    unlisted.forget()
    execute(hammer, "rm", "-f", "/tmp/tries", check=True)
    for step in entry.data["steps"]:
        _STEPS[step](hammered)
    _expect_alive(hammer)
    tries = int(execute(hammer, "sh", "-c", "wc -l </tmp/tries", check=True).out)
    assert tries > 20
    assert unlisted.seen("tcp") == []
    results.append(Result(entry, "works", f"0 of {tries}"))


def _expect_alive(hammer: str) -> None:
    def fetch() -> str:
        return execute(hammer, "curl", "-sSk", "-m", "5", "https://listed.example.net/").out

    until(lambda: fetch() == "hello from listed\n", fetch, 30)


def _start(firewall: Firewall) -> None:
    # In one go, so that the attack begins while the rules are still being made.
    docker("start", firewall.name, _hammer(firewall))
    firewall.wait_ready().checked()


def _stop(firewall: Firewall) -> None:
    docker("stop", "--time", "1", firewall.name)
    docker("stop", "--time", "0", _hammer(firewall))


def _kill(firewall: Firewall) -> None:
    docker("kill", firewall.name)
    docker("stop", "--time", "0", _hammer(firewall))


def _restart(firewall: Firewall) -> None:
    docker("restart", "--time", "1", firewall.name)
    docker("restart", "--time", "0", _hammer(firewall))
    firewall.wait_ready().checked()


def _disconnect(firewall: Firewall) -> None:
    docker("network", "disconnect", firewall.network, firewall.name)


def _connect(firewall: Firewall) -> None:
    docker("network", "connect", firewall.network, firewall.name)


def _reload(firewall: Firewall) -> None:
    firewall.reload().checked()


_STEPS = {
    "start": _start,
    "stop": _stop,
    "kill": _kill,
    "restart": _restart,
    "disconnect": _disconnect,
    "connect": _connect,
    "reload": _reload,
}


@pytest.mark.parametrize("entry", drills("poisoned_list"), ids=lambda entry: entry.id)
def test_poisoned_list_changes_nothing(
    firewall: Firewall, internet: Internet, results: list[Result], entry: Entry
) -> None:
    """X-F7, X-F1, US-003.7: a sentence that names the file, and what was in force stays in force."""
    firewall.root("rm", "-rf", f"{POLICY}/allowed-domains.txt").checked()
    firewall.write_list(*LISTED)
    if "shell" in entry.data:
        firewall.root("sh", "-c", f"cd {POLICY} && {entry.data['shell']}").checked()
    else:
        put(firewall.name, POLICY, {"allowed-domains.txt": _poison(entry.data, internet)})
    done = firewall.reload()
    assert (done.code, bool(re.search(entry.data["says"], done.err))) == (1, True), done
    assert firewall.root("ls", "/tmp/owned").code != 0
    _expect_in_force(firewall, internet)
    results.append(Result(entry, "works", entry.outcome))


def _poison(data: dict[str, Any], internet: Internet) -> bytes:
    places = {"UNLISTED": internet.servers["unlisted"].address}
    text: str = string.Template(data["text"]).safe_substitute(places) * data.get("times", 1)
    return text.encode(data.get("encoding", "utf-8"))


@pytest.mark.parametrize("entry", drills("poisoned_ranges"), ids=lambda entry: entry.id)
def test_poisoned_ranges_change_nothing(
    firewall: Firewall, internet: Internet, results: list[Result], entry: Entry
) -> None:
    """X-F7, US-003.3: an odd answer of GitHub's is no answer; a sound one does come into force."""
    unlisted = internet.servers["unlisted"].address
    _answer(firewall, internet, {**internet.meta(), "git": [f"{unlisted}/32"]})
    assert "hello" in firewall.inside("sh", "-c", echo(unlisted, 22)).out
    _answer(firewall, internet, internet.meta())
    data = dict(entry.data)
    if padding := data.pop("padding", 0):
        data["body"]["more"] = "x" * padding
    assert "could not be used" in _answer(firewall, internet, **data)
    assert internet.meta()["git"][0] in firewall.root("ipset", "save", "github-4").checked().out
    _expect_in_force(firewall, internet)
    assert "hello" not in firewall.inside("sh", "-c", echo(unlisted, 22)).out
    results.append(Result(entry, "works", entry.outcome))


def _answer(firewall: Firewall, internet: Internet, body: object, status: int = 200) -> str:
    """Have the firewall ask GitHub, which answers this; return what the firewall says."""
    answer = {"etag": f'"{secrets.token_hex(4)}"', "status": status, "body": body}
    internet.servers["githubapi"].set("meta", answer)
    aged = f"touch -d '2020-01-01 00:00' {STATE}/github-ranges.txt"
    warned = "/run/aidevcontainer/status.d/warnings/github"
    firewall.root("sh", "-c", f"rm -f {STATE}/github-attempted {warned}; {aged}").checked()
    done = firewall.root(f"{SCRIPTS}/firewall/refresh-github.sh", "5")
    return done.out + done.err


@pytest.mark.parametrize("entry", drills("tampering"), ids=lambda entry: entry.id)
def test_tampering_is_not_read(
    project: Project, internet: Internet, results: list[Result], entry: Entry
) -> None:
    """X-F7, X-S1, X-F5: after all that the agent did to the policy's files, what reads them changes nothing.

    Outside is the host here: what a person writes into the list does come into force.
    """
    url = f"http://{internet.servers['unlisted'].address}/"
    before = project.read(_OWN)
    project.write(_OWN, f"{before}{internet.servers['unlisted'].address}\n")
    _THEN[entry.data["then"]](project)
    assert "hello" in project.inside("curl", "-sS", "-m", "5", url).out
    project.write(_OWN, before)
    for each in probes():
        if each.number == entry.number:
            project.inside("timeout", "3", "sh", "-c", each.probe)
    _THEN[entry.data["then"]](project)
    expect_rules(project)
    assert project.inside("curl", "-sS", "-m", "5", url).code in REFUSED
    results.append(Result(entry, "works", entry.outcome))


def _restart_both(project: Project) -> None:
    for container in (project.firewall, project.claude):
        docker("restart", "--time", "1", container)
        project.wait_ready()


_OWN = ".aidevcontainer/allowed-domains.local.txt"
_THEN: dict[str, Callable[[Project], object]] = {"reload": Project.reload, "restart": _restart_both}


@pytest.mark.parametrize("entry", drills("list_gone"), ids=lambda entry: entry.id)
def test_without_a_list_defaults_hold(
    firewall: Firewall, internet: Internet, results: list[Result], entry: Entry
) -> None:
    """X-F7, X-F1, US-003.1: what the list opened is closed with it, at a reload and at a start."""
    url = f"http://{internet.servers['unlisted'].address}/"
    firewall.write_list(*LISTED, internet.servers["unlisted"].address)
    firewall.reload().checked()
    assert "hello" in firewall.inside("curl", "-sSk", url).out
    firewall.root("rm", f"{POLICY}/allowed-domains.txt").checked()
    firewall.reload().checked()
    assert firewall.status()["source"] == "defaults"
    assert firewall.inside("curl", "-sSk", url).code in REFUSED
    assert firewall.inside("curl", "-sSk", "https://listed.example.net/").code in REFUSED
    firewall.write_list(*LISTED)
    firewall.reload().checked()
    results.append(Result(entry, "works", entry.outcome))


@pytest.mark.parametrize("entry", drills("revocation"), ids=lambda entry: entry.id)
def test_removal_cannot_be_hindered(
    new_firewall: NewFirewall, internet: Internet, results: list[Result], tables: Path | None, entry: Entry
) -> None:
    """X-F7, X-F5: the host is open first, and the ports can be taken where nothing reserves them."""
    removed = "unlisted.example.net:5432"
    address = f"{internet.servers['unlisted'].address}/5432"
    open_ports = Lack(first_port=0)
    firewall = new_firewall(*LISTED, removed, programs=tables, lack=open_ports)
    reach = ("bash", "-c", f"exec 3<>/dev/tcp/{removed.replace(':', '/')}; exec 3<>/dev/tcp/{address}")
    assert firewall.inside(*reach).code == 0
    with disturbed(firewall, internet, DISTURBANCES[entry.data["how"]]) as attacker:
        until(lambda: "taken" in docker("logs", attacker).out, firewall.log)
        firewall.write_list(*LISTED)
        firewall.root(f"{SCRIPTS}/init-firewall.sh", "--at-once")
        for _ in range(5):
            assert firewall.inside("bash", "-c", f"exec 3<>/dev/tcp/{address}").code != 0
            assert firewall.inside(*reach).code != 0
    results.append(Result(entry, "works", entry.outcome))
    firewall.remove()


@pytest.mark.parametrize("entry", drills("shared"), ids=lambda entry: entry.id)
def test_table_of_connections_is_not_filled(
    new_firewall: NewFirewall, internet: Internet, results: list[Result], tables: Path | None, entry: Entry
) -> None:
    """X-F7: outside all of them are in the table; inside the rest is refused, with the reason in the log."""
    attack = f"kept = {entry.data['kept']}\n{FILL}"
    with program(internet.network, internet, attack, "1000") as outside:
        assert _begun(outside) > 4500
    firewall = new_firewall(*LISTED, programs=tables)
    with disturbed(firewall, internet, attack) as attacker:
        assert 500 < _begun(attacker) < 2500
    assert "limit" in {each.reason for each in firewall.refusals()}
    until(lambda: "hello" in firewall.inside("curl", "-sSk", "https://listed.example.net/").out, firewall.log)
    results.append(Result(entry, "works", entry.outcome))
    firewall.remove()


@pytest.mark.parametrize("entry", drills("filled_gate"), ids=lambda entry: entry.id)
def test_full_gate_lets_nothing_through(
    new_firewall: NewFirewall, internet: Internet, results: list[Result], tables: Path | None, entry: Entry
) -> None:
    """X-F8, X-F7: an unlisted name is refused all the while, and afterwards the listed one works."""
    listed = internet.servers["listed"].address
    ask = ("curl", "-sSk", "--resolve", f"evil.example.com:443:{listed}", "https://evil.example.com/")
    assert internet.probe(*ask).out == "hello from listed\n"
    firewall = new_firewall(*LISTED, programs=tables)
    assert firewall.inside("curl", "-sSk", "https://listed.example.net/").out == "hello from listed\n"
    with disturbed(firewall, internet, HALF_HELLOS) as attacker:
        assert _begun(attacker) >= 1000
        assert all("hello" not in firewall.inside(*ask).out for _ in range(5))
    until(lambda: "hello" in firewall.inside("curl", "-sSk", "https://listed.example.net/").out, firewall.log)
    assert "hello" not in firewall.inside(*ask).out
    results.append(Result(entry, "works", entry.outcome))
    firewall.remove()


def _begun(container: str) -> int:
    until(lambda: "begun" in docker("logs", container).out, lambda: docker("logs", container))
    return int(docker("logs", container).out.split("begun")[1])


@pytest.mark.parametrize("entry", drills("lacking_limits"), ids=lambda entry: entry.id)
def test_kernel_without_limits_is_reported_and_refuses_all_the_same(
    new_firewall: NewFirewall, internet: Internet, results: list[Result], tmp_path: Path, entry: Entry
) -> None:
    """X-F1, X-F7: the rules apply without limits, and `status` names what is missing."""
    for name in entry.data["program"].split():
        programs(tmp_path, name, _LACKING.format(feature=entry.data["feature"], program=name))
    firewall = new_firewall(*LISTED, programs=tmp_path)
    assert entry.data["says"] in str(firewall.status()["warnings"])
    _expect_in_force(firewall, internet)
    assert internet.servers["unlisted"].address + ",tcp:80" in firewall.blocked()
    until(lambda: firewall.root(f"{SCRIPTS}/healthcheck.sh").code == 0, firewall.log)
    results.append(Result(entry, "works", entry.outcome))
    firewall.remove()


@pytest.mark.parametrize("entry", drills("legacy"), ids=lambda entry: entry.id)
def test_legacy_tables_hold(
    new_firewall: NewFirewall, internet: Internet, results: list[Result], tmp_path: Path, entry: Entry
) -> None:
    """X-F7, X-F1, X-F4: the same refusals, noted; flushed by hand they come back."""
    unlisted = internet.servers["unlisted"].address
    assert "hello" in internet.probe("curl", "-sS", f"http://{unlisted}/").out
    firewall = new_firewall(*LISTED, programs=without_nf_tables(tmp_path))
    for _ in range(2):
        _expect_in_force(firewall, internet)
        assert f"{unlisted},tcp:80" in firewall.blocked()
        firewall.reload().checked()
    opened = "for t in iptables-legacy ip6tables-legacy; do $t -F; $t -P OUTPUT ACCEPT; done"
    firewall.root("sh", "-c", opened).checked()
    until(lambda: "the rules were changed by hand" in firewall.log(), firewall.log)
    until(lambda: "hello" not in _fetch(firewall, internet), firewall.log)
    _expect_in_force(firewall, internet)
    assert firewall.root(f"{SCRIPTS}/healthcheck.sh").code == 0
    results.append(Result(entry, "works", entry.outcome))
    firewall.remove()


@pytest.mark.parametrize("entry", drills("lacking"), ids=lambda entry: entry.id)
def test_kernel_that_lacks_something_stays_closed(
    new_firewall: NewFirewall, internet: Internet, results: list[Result], tmp_path: Path, entry: Entry
) -> None:
    """X-F7, X-F1, X-F4, US-003.7: closed for everybody, listed hosts too, with a sentence that says why."""
    if entry.family == 6 and not internet.subnet6:
        pytest.skip("the engine makes no IPv6 networks")
    for name in entry.data["program"].split():
        programs(tmp_path, name, _LACKING.format(feature=entry.data.get("feature", ""), program=name))
    firewall = new_firewall(*LISTED, programs=tmp_path, ready=False)
    waited = firewall.wait_ready()
    assert (waited.code, entry.data["says"] in waited.err) == (1, True), waited
    assert firewall.status()["state"] == "closed"
    listed = internet.servers["listed"].address
    for url in ("https://listed.example.net/", f"http://{listed}/"):
        assert "hello" not in firewall.inside("curl", "-sSk", url).out
    assert "hello" not in _fetch(firewall, internet)
    results.append(Result(entry, "works", entry.outcome))
    firewall.remove()
