"""What was allowed ends, whatever the agent does meanwhile: it shares the network of what ends it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.support.disturbance import DISTURBANCES, disturbed
from tests.support.docker import docker, execute
from tests.support.firewall import POLICY, SCRIPTS, Firewall, Lack, NewFirewall, programs
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.wait import until

pytestmark = pytest.mark.engine

LISTED, OTHER = "listed.example.net", "unlisted.example.net:5432"
TEMPORARY = f"{SCRIPTS}/firewall/temporary.sh"
# Seconds.
_ALLOWED_FOR, _ENDS_WITHIN = 3, 20


def _reaches(firewall: Firewall, target: str = OTHER) -> bool:
    host, _, port = target.partition(":")
    return firewall.inside("bash", "-c", f"exec 3<>/dev/tcp/{host}/{port or 443}").code == 0


def _address(internet: Internet) -> str:
    return f"{internet.servers['unlisted'].address}:5432"


def _allow(firewall: Firewall, seconds: int = _ALLOWED_FOR) -> None:
    firewall.root(TEMPORARY, "add", str(seconds), OTHER).checked()
    until(lambda: _reaches(firewall), firewall.log)


def _expect_ended(firewall: Firewall, internet: Internet) -> None:
    """The host is out of reach by name and by address, and stays so."""
    until(lambda: not _reaches(firewall, _address(internet)), firewall.log, _ENDS_WITHIN)
    for _ in range(5):
        assert not _reaches(firewall, _address(internet)), firewall.log()
        assert not _reaches(firewall), firewall.log()
        time.sleep(0.5)


@pytest.mark.parametrize("first_port", [0, 54], ids=["open ports", "reserved ports"])
@pytest.mark.parametrize("how", DISTURBANCES)
def test_allowance_ends_while_the_agent_disturbs_the_resolver(
    new_firewall: NewFirewall, internet: Internet, how: str, first_port: int
) -> None:
    """X-F6, X-F7: neither held ports nor a flood keep a host open beyond its time."""
    firewall = new_firewall(LISTED, lack=Lack(first_port=first_port))
    _allow(firewall, 6)
    with disturbed(firewall, internet, DISTURBANCES[how]) as disturber:
        if first_port == 0 or how == "floods it":
            until(lambda: "taken" in docker("logs", disturber).out, firewall.log)
        time.sleep(6)
        _expect_ended(firewall, internet)
        assert firewall.root("cat", "/run/aidevcontainer/allowed-temporarily.txt").out == ""
        if first_port:
            assert "127.0" not in docker("logs", disturber).out


@pytest.mark.parametrize("how", DISTURBANCES)
def test_removal_comes_into_force_while_the_agent_disturbs_the_resolver(
    new_firewall: NewFirewall, internet: Internet, how: str
) -> None:
    """X-F5, X-F7: a line that is gone is refused once the reload returns, and it returns in time."""
    firewall = new_firewall(LISTED, OTHER, lack=Lack(first_port=0))
    assert _reaches(firewall)
    with disturbed(firewall, internet, DISTURBANCES[how]) as disturber:
        until(lambda: "taken" in docker("logs", disturber).out, firewall.log)
        firewall.write_list(LISTED)
        started = time.monotonic()
        firewall.root(f"{SCRIPTS}/init-firewall.sh", "--at-once", "--json")
        assert time.monotonic() - started < 10
        assert not _reaches(firewall, _address(internet)), firewall.log()
        _expect_ended(firewall, internet)


def test_resolver_that_cannot_start_stops_no_removal_and_is_reported(
    new_firewall: NewFirewall, internet: Internet
) -> None:
    """X-F5, US-004.3: the removal is in force, the status says what does not work, and forgets it later."""
    firewall = new_firewall(LISTED, OTHER, lack=Lack(first_port=0))
    assert _reaches(firewall)
    with disturbed(firewall, internet, DISTURBANCES["holds UDP and takes TCP"]):
        firewall.root("sh", "-c", "kill -STOP $(pidof dnsmasq)").checked()
        firewall.write_list(LISTED)
        done = firewall.root(f"{SCRIPTS}/init-firewall.sh", "--at-once").checked()
        assert not _reaches(firewall, _address(internet))
        assert "do not start" in done.err
        until(lambda: "do not start" in str(firewall.status()), firewall.status)
    firewall.wait_ready(60).checked()
    until(lambda: "do not start" not in str(firewall.status()), firewall.status, 60)


def test_agent_of_a_project_cannot_take_the_ports(project: Project) -> None:
    """X-F2, X-S1: the Compose file reserves them."""
    options = "-C /dev/null -k --no-resolv --pid-file= --bind-interfaces --listen-address=127.9.9.9"
    listening = f"timeout 2 dnsmasq {options}"
    assert "ermission denied" in project.inside("sh", "-c", f"{listening} --port=53 2>&1").out
    assert "ermission denied" not in project.inside("sh", "-c", f"{listening} --port=80 2>&1").out
    assert "can take port 53" not in project.helper("firewall", "status").out


def test_ports_that_the_agent_can_take_are_reported(new_firewall: NewFirewall) -> None:
    """US-004.3: the status names an engine or an override file without the setting."""
    assert "can take port 53" in str(new_firewall(LISTED, lack=Lack(first_port=0)).status()["warnings"])
    assert "can take port 53" not in str(new_firewall(LISTED).status()["warnings"])


# -- other steps that may fail: what cannot end an allowance closes the network

_ARMED = "/run/armed"
_KEPT = "/var/lib/aidevcontainer/list-in-force.txt"
# The closed tables still load: they need no sets.
_REFUSES = f"""\
input=$(cat)
case $input in *match-set*) [ ! -e {_ARMED} ] || {{{{ echo "no memory" >&2; exit 1; }}}} ;; esac
printf '%s\\n' "$input" | PATH=${{{{PATH#*:}}}} {{program}} "$@"
"""
FAILURES: dict[str, Callable[[Firewall], object]] = {
    "no room": Firewall.fill_run,
    "no tables": lambda firewall: firewall.root("touch", _ARMED).checked(),
    "a bad list and no kept copy": lambda firewall: firewall.root(
        "sh", "-c", f"rm {_KEPT}; echo '*' >{POLICY}/allowed-domains.txt"
    ).checked(),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failing_step_keeps_no_host_open(
    new_firewall: NewFirewall, internet: Internet, tmp_path_factory: pytest.TempPathFactory, failure: str
) -> None:
    """X-F1, X-F6: an allowance ends although the reload that ends it cannot be made."""
    folder = tmp_path_factory.mktemp("programs")
    programs(folder, "iptables-restore", _REFUSES.format(program="iptables-restore"))
    small = Lack(options=("--tmpfs=/run:size=8m",))
    firewall = new_firewall(LISTED, lack=small, programs=folder if failure == "no tables" else None)
    _allow(firewall, 10)
    FAILURES[failure](firewall)
    assert _reaches(firewall)
    time.sleep(8)
    _expect_ended(firewall, internet)
    if failure != "a bad list and no kept copy":
        assert firewall.status()["state"] == "closed"
    firewall.root("rm", "-f", "/run/filler", _ARMED).checked()
    firewall.write_list(LISTED)
    until(lambda: _reaches(firewall, f"{LISTED}:443"), firewall.log, 60)
    _expect_ended(firewall, internet)


def test_expiry_that_was_killed_is_tried_again(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F6: what a lack of memory kills halfway is not taken for done."""
    firewall = new_firewall(LISTED)
    _allow(firewall, 4)
    kill = (
        "for _ in $(seq 400); do pkill -KILL -f '[i]nit-firewall|[t]emporary[.]sh expire'; sleep 0.02; done"
    )
    firewall.root("timeout", "8", "sh", "-c", kill)
    _expect_ended(firewall, internet)


def test_expired_allowance_does_not_come_back_with_a_start(
    new_firewall: NewFirewall, internet: Internet
) -> None:
    """X-F6: a network that was closed when the time was over opens without the host."""
    firewall = new_firewall(LISTED)
    _allow(firewall, 4)
    firewall.root("pkill", "-STOP", "-f", "entrypoint[.]sh").checked()
    firewall.root(f"{SCRIPTS}/firewall/close.sh").checked()
    time.sleep(4)
    firewall.root(f"{SCRIPTS}/init-firewall.sh").checked()
    assert not _reaches(firewall, _address(internet))
    assert not _reaches(firewall)
    assert execute(firewall.agent, "true").code == 0
