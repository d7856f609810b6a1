"""What was allowed ends, whatever the agent does meanwhile: it shares the network of what ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.docker import docker, execute, inspect
from tests.support.firewall import POLICY, SCRIPTS, Firewall, Lack, NewFirewall, programs
from tests.support.internet import Internet
from tests.support.wait import until

pytestmark = pytest.mark.engine

LISTED, OTHER = "listed.example.net", "unlisted.example.net:5432"
TEMPORARY = f"{SCRIPTS}/firewall/temporary.sh"
# Seconds.
_ALLOWED_FOR, _ENDS_WITHIN = 3, 20
_ADDRESSES = "addresses = ['127.0.0.1'] + [f'127.0.53.{n}' for n in range(1, 6)]\n"

# What keeps a resolver from confirming, starting or answering. Each takes what it can get, all the time.
DISTURBANCES = {
    "holds UDP and takes TCP": """
import socket, time
held, taken = {}, 0
while True:
    for address in addresses:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            if (address, kind) in held: continue
            one = socket.socket(socket.AF_INET, kind)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((address, 53))
                if kind == socket.SOCK_STREAM: one.listen(100)
                held[address, kind] = one
                print('taken', address, kind.name, flush=True)
            except OSError: one.close()
    time.sleep(0.001)
""",
    "floods it": """
import socket, threading
print('taken', flush=True)
def pour():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        try: one.sendto(b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3www\\7example\\3net\\0\\0\\1\\0\\1', ('127.0.0.1', 53))
        except OSError: pass
def hold():
    open_ones = []
    while True:
        try: open_ones.append(socket.create_connection(('127.0.0.1', 53), 1))
        except OSError: open_ones = open_ones[50:]
for work in (pour, pour, hold): threading.Thread(target=work).start()
""",
}


@contextmanager
def _disturbed(firewall: Firewall, internet: Internet, script: str) -> Iterator[str]:
    """Run a program as the agent, with nothing that the agent does not have."""
    image = inspect(internet.servers["unlisted"].container)["Config"]["Image"]
    name = f"{firewall.name}-disturber"
    rights = ["--cap-drop=ALL", "--security-opt=no-new-privileges:true", f"--user={firewall.ids[0]}"]
    place = ["--network", f"container:{firewall.name}", "--entrypoint=python3"]
    docker("run", "--detach", "--name", name, *rights, *place, image, "-c", _ADDRESSES + script)
    try:
        yield name
    finally:
        docker("rm", "--force", name)


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
    with _disturbed(firewall, internet, DISTURBANCES[how]) as disturber:
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
    with _disturbed(firewall, internet, DISTURBANCES[how]) as disturber:
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
    with _disturbed(firewall, internet, DISTURBANCES["holds UDP and takes TCP"]):
        firewall.root("sh", "-c", "kill -STOP $(pidof dnsmasq)").checked()
        firewall.write_list(LISTED)
        done = firewall.root(f"{SCRIPTS}/init-firewall.sh", "--at-once").checked()
        assert not _reaches(firewall, _address(internet))
        assert "do not start" in done.err
        until(lambda: "do not start" in str(firewall.status()), firewall.status)
    firewall.wait_ready(60).checked()
    until(lambda: "do not start" not in str(firewall.status()), firewall.status, 60)


def test_ports_that_the_agent_can_take_are_reported(new_firewall: NewFirewall) -> None:
    """US-004.3: an engine or an override file without the setting is no secret."""
    assert "can take port 53" in str(new_firewall(LISTED, lack=Lack(first_port=0)).status()["warnings"])
    assert "can take port 53" not in str(new_firewall(LISTED).status()["warnings"])


# -- other steps that may fail: what cannot end an allowance closes the network

_ARMED = "/run/armed"
# The closed tables still load: they need no sets.
_REFUSES = f"""\
input=$(cat)
case $input in *match-set*) [ ! -e {_ARMED} ] || {{{{ echo "no memory" >&2; exit 1; }}}} ;; esac
printf '%s\\n' "$input" | PATH=${{{{PATH#*:}}}} {{program}} "$@"
"""
FAILURES = {
    "no room": "head -c 99999999 /dev/zero >/run/filler; :",
    "no tables": f"touch {_ARMED}",
    "a bad list and no kept copy": f"rm /var/lib/aidevcontainer/list-in-force.txt; echo '*' >{POLICY}/allowed-domains.txt",
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
    _allow(firewall, 6)
    firewall.root("sh", "-c", FAILURES[failure]).checked()
    time.sleep(6)
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
