"""What the agent must not reach. Every probe succeeds first where no firewall is, or it proves nothing."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.support.docker import docker
from tests.support.firewall import Firewall, NewFirewall, ask, echo, listen
from tests.support.internet import Internet
from tests.support.run import Finished
from tests.support.wait import until

pytestmark = pytest.mark.engine

LIST = ("listed.example.net", "*.wild.example.net", "listed.example.net:5432", "github.com")


class Probe(NamedTuple):
    """`command` is for sh and prints `reward` when it succeeds; `trace` is what the block log gets of it."""

    command: str
    reward: str = "hello"
    trace: str = ""


def curl(rest: str) -> str:
    """Return a command that fetches, whoever signed for it."""
    return f"curl -sSk --max-time 10 {rest}"


ADDRESSES = {
    "https by address": Probe(curl("https://{unlisted}/"), trace="{unlisted},tcp:443"),
    "http by address": Probe(curl("http://{unlisted}/"), trace="{unlisted},tcp:80"),
    "address as one number": Probe(curl("http://{number}/"), trace="{unlisted},tcp:80"),
    "address in hexadecimal": Probe(curl("http://{hexadecimal}/"), trace="{unlisted},tcp:80"),
    "name given an address": Probe(curl("--resolve example.com:443:{unlisted} https://example.com/")),
    "listed name given an address": Probe(
        curl("--resolve listed.example.net:443:{unlisted} https://listed.example.net/")
    ),
    "ssh elsewhere": Probe(echo("{unlisted}", 22), trace="{unlisted},tcp:22"),
    "git:// elsewhere": Probe(echo("{unlisted}", 9418), trace="{unlisted},tcp:9418"),
    "smtp": Probe(echo("{unlisted}", 25), trace="{unlisted},tcp:25"),
    "a database": Probe(echo("{unlisted}", 5432), trace="{unlisted},tcp:5432"),
    "DNS over TLS": Probe(echo("{unlisted}", 853), trace="{unlisted},tcp:853"),
    "ntp": Probe(echo("{unlisted}", 123, "udp"), trace="{unlisted},udp:123"),
    "udp 443": Probe(echo("{unlisted}", 443, "udp"), trace="{unlisted},udp:443"),
    "ping": Probe("ping -c 1 -W 2 {unlisted}", " 0% packet loss"),
}
PORTS = {
    "ssh to a listed host": Probe(echo("{listed}", 22), trace="{listed},tcp:22"),
    "smtp to a listed host": Probe(echo("{listed}", 25), trace="{listed},tcp:25"),
    "unlisted port of a listed host": Probe(echo("{listed}", 8443), trace="{listed},tcp:8443"),
    "QUIC to a listed host": Probe(echo("{listed}", 443, "udp"), trace="{listed},udp:443"),
    "git:// to GitHub": Probe(echo("{github}", 9418), trace="{github},tcp:9418"),
}
NAMES = {
    "unlisted name": Probe(curl("https://example.com/")),
    "below an exact entry": Probe(curl("https://sub.listed.example.net/")),
    "parent of a wildcard": Probe(curl("https://wild.example.net/")),
    "redirect from a listed host": Probe(
        curl("-L 'https://listed.example.net/redirect?to=https://example.com/'")
    ),
    "redirect to an address": Probe(curl("-L 'https://listed.example.net/redirect?to=http://{unlisted}/'")),
}
LOOKUPS = {
    "another resolver": Probe("dig +time=2 +tries=1 @{resolver} example.com", "NOERROR", "{resolver},udp:53"),
    "another resolver over TCP": Probe(
        "dig +tcp +time=2 +tries=1 @{resolver} example.com", "NOERROR", "{resolver},tcp:53"
    ),
    "Docker's resolver": Probe("dig +time=2 +tries=1 @127.0.0.11 example.com", "NOERROR"),
    "Docker's resolver over TCP": Probe("dig +tcp +time=2 +tries=1 @127.0.0.11 example.com", "NOERROR"),
    "Docker's resolver for a listed name": Probe(
        "dig +time=2 +tries=1 @127.0.0.11 listed.example.net", "NOERROR"
    ),
}
SIXTH = {
    "https over IPv6": Probe(curl("https://[{unlisted6}]/"), trace="{unlisted6},tcp:443"),
    "mapped address": Probe(curl("http://[::ffff:{unlisted}]/")),
    "ssh over IPv6": Probe(echo("{unlisted6}", 22), trace="{unlisted6},tcp:22"),
    "unlisted port over IPv6": Probe(echo("{listed6}", 8443), trace="{listed6},tcp:8443"),
    "lookup over IPv6": Probe(
        "dig +time=2 +tries=1 @{resolver6} example.com", "NOERROR", "{resolver6},udp:53"
    ),
    "ping over IPv6": Probe("ping -6 -c 1 -W 2 {unlisted6}", " 0% packet loss"),
}


class Kind(NamedTuple):
    """Probes of one kind, and the spec ids that their failing proves."""

    proves: str
    probes: dict[str, Probe]


KINDS = (
    Kind("M-3, US-003.5, FR-6, X-F7: refused at once, by whatever name or number, and noted", ADDRESSES),
    Kind("X-F3, FR-6: a listed host is listed for its ports only, and for TCP only", PORTS),
    Kind("M-3, X-F2: a name that is not listed does not exist, at once", NAMES),
    Kind("X-F2: no resolver but ours answers the agent, Docker's own least of all", LOOKUPS),
    Kind("X-F4: IPv6 is closed as tightly", SIXTH),
)
PROBES = [pytest.param(probe, id=what) for kind in KINDS for what, probe in kind.probes.items()]


@pytest.fixture(scope="module")
def firewall(new_firewall: NewFirewall) -> Firewall:
    """A firewall with a list that every probe here is measured against."""
    return new_firewall(*LIST)


@pytest.fixture
def fill(internet: Internet) -> Callable[[str], str]:
    """Fill a probe's placeholders with this run's addresses."""
    places = {name: server.address for name, server in internet.servers.items()}
    places |= {f"{name}6": server.address6 or "" for name, server in internet.servers.items()}
    number = int(ipaddress.ip_address(places["unlisted"]))
    places |= {"number": str(number), "hexadecimal": hex(number)}
    return lambda text: text.format(**places)


def _refused(firewall: Firewall, internet: Internet, probe: Probe) -> Finished:
    outside = internet.probe("sh", "-c", probe.command)
    assert probe.reward in outside.out, f"the probe itself does not work: {outside}"
    internet.servers["unlisted"].forget()
    inside = firewall.inside("sh", "-c", probe.command)
    assert probe.reward not in inside.out, inside
    assert inside.code not in (124, 143), f"not refused at once: {inside}"
    return inside


@pytest.mark.parametrize("probe", PROBES)
def test_refused(firewall: Firewall, internet: Internet, fill: Callable[[str], str], probe: Probe) -> None:
    """M-3, US-003.5, FR-6, X-F2, X-F3, X-F4, X-F7: refused at once, noted, and reaches nobody; see KINDS."""
    if probe in SIXTH.values() and not internet.subnet6:
        pytest.skip("the engine makes no IPv6 networks")
    filled = Probe(*(fill(text) for text in probe))
    _refused(firewall, internet, filled)
    assert internet.servers["unlisted"].seen() == []
    assert not filled.trace or filled.trace in firewall.blocked()
    assert firewall.inside("curl", "-sS", "https://listed.example.net/").out == "hello from listed\n"


def test_dockers_resolver_at_its_hidden_port(firewall: Firewall) -> None:
    """X-F2: behind port 53 of 127.0.0.11 is another one, which leads to the same resolver."""
    rules = firewall.root("iptables", "-t", "nat", "-S").out
    port = next(r.rsplit(":", 1)[1] for r in rules.splitlines() if "udp" in r and "--to-destination" in r)
    question = ["dig", "+time=1", "+tries=1", f"-p{port}", "@127.0.0.11", "listed.example.net"]
    resolver = ["setpriv", "--reuid=5353", "--clear-groups"]
    assert "NOERROR" in firewall.root(*resolver, *question).out
    assert "NOERROR" not in firewall.inside(*question).out


_ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, 25, 1)  # IPV6_RECVERR
s.settimeout(3)
s.sendto(bytes([128, 0, 0, 0, 0, 1, 0, 1]), (sys.argv[1], 0))
print("answered" if s.recv(99)[0] == 129 else "nothing")
"""


def test_refused_ping_over_ipv6_says_so_to_who_listens(firewall: Firewall, internet: Internet) -> None:
    """X-F4: the kernel tells of it at once, but only a socket that asks for errors. BusyBox ping does not."""
    target = internet.servers["unlisted"].address6
    if not target:
        pytest.skip("the engine makes no IPv6 networks")
    assert internet.probe("python3", "-c", _ECHO, target).out == "answered\n"
    place = ("--rm", "--network", f"container:{firewall.name}", "--user=501", "--cap-drop=ALL")
    done = docker("run", *place, internet.image, "python3", "-c", _ECHO, target, check=False)
    assert "PermissionError: [Errno 13]" in done.err, done


_FORGED = """
import socket, sys
there, refused = (sys.argv[1], 443), (sys.argv[2], 9)
family, level, freebind = (10, 41, 78) if ":" in there[0] else (2, 0, 15)

def bound(address, kind=socket.SOCK_DGRAM):
    made = socket.socket(family, kind)
    made.settimeout(1)
    made.setsockopt(level, freebind, 1)
    made.bind(address)
    return made

asked = socket.socket(family, socket.SOCK_DGRAM)
asked.connect(there)
here = (asked.getsockname()[0], 4444)
ours, theirs = bound(here), bound(there)
try:
    theirs.sendto(b"as if from there", here)
    ours.recvfrom(99)
    print("forged")
except OSError as reason:
    print("not forged:", reason)
# What refuses them quotes them, to whoever they name.
for attempt in (
    lambda: theirs.sendto(b"to be quoted", refused),
    lambda: bound((there[0], 0), socket.SOCK_STREAM).connect(refused),
):
    try:
        attempt()
    except OSError:
        pass
theirs.close()
ours.sendto(b"secret", there)
print("sent")
"""


@pytest.mark.parametrize("family", [4, 6])
def test_forged_sender_makes_nobody_outside_a_caller(
    firewall: Firewall, internet: Internet, family: int
) -> None:
    """X-F4, US-003.5: sent to itself in another's name, a packet begins a connection that may be answered.

    Over IPv4 the kernel itself refuses to send so, behind a firewall or not.
    """
    unlisted = internet.servers["unlisted"]
    listed = internet.servers["listed"]
    target, other = (
        (unlisted.address, listed.address) if family == 4 else (unlisted.address6, listed.address6)
    )
    if not (target and other):
        pytest.skip("the engine makes no IPv6 networks")
    image = internet.image

    def forge(network: str) -> str:
        place = ("--rm", f"--network={network}", "--user=501", "--cap-drop=ALL")
        return docker("run", *place, image, "python3", "-c", _FORGED, target, other, check=False).out

    def answers() -> str:
        table = "iptables" if family == 4 else "ip6tables"
        return (
            firewall.root("sh", "-c", f"{table} -nvxL OUTPUT | awk '/RELATED/ {{ print $1 }}'").checked().out
        )

    assert forge(internet.network).split()[-1] == "sent"
    assert (forge(internet.network).split()[0] == "forged") == (family == 6)
    until(lambda: unlisted.seen("udp") != [], unlisted.seen)
    unlisted.forget()
    before = answers()
    assert re.fullmatch("not forged: .*\n", forge(f"container:{firewall.name}"))
    assert unlisted.seen("udp") == []
    assert answers() == before


def test_kernels_own_multicast_is_not_in_the_log(firewall: Firewall, internet: Internet) -> None:
    """X-F6: it joins groups by itself, which is refused and is nobody's attempt."""
    if not internet.subnet6:
        pytest.skip("the engine makes no IPv6 networks")
    silent = "ip6tables -nvxL OUTPUT | awk '/ff02::.16/ { print $1 }'"
    before = int(firewall.root("sh", "-c", silent).checked().out)
    for change in ("add", "del"):
        firewall.root("ip", "-6", "addr", change, "fd77::7/64", "dev", "eth0").checked()
    until(lambda: int(firewall.root("sh", "-c", silent).out) > before, firewall.blocked)
    assert not [each for each in firewall.blocked() if each.startswith("ff02::")]


def test_refused_address_is_not_opened_by_githubs_rented_ranges(
    firewall: Firewall, internet: Internet
) -> None:
    """US-003.3: `actions` and `codespaces`, which hold the unlisted server, are never opened."""
    meta = internet.meta()
    address = ipaddress.ip_address(internet.servers["unlisted"].address)
    assert any(address in ipaddress.ip_network(r) for r in meta["actions"] if ":" not in r)
    saved = firewall.root("ipset", "list", "github-4").out
    assert meta["git"][0] in saved
    assert meta["actions"][0] not in saved


def test_neighbours_cannot_reach_the_agent(
    firewall: Firewall, internet: Internet, new_firewall: NewFirewall
) -> None:
    """US-003.5, X-F7: a port that the agent listens on is closed to others, unless the user opens it."""
    published = new_firewall("listed.example.net", environment={"AIDEVCONTAINER_PORTS": "3000"})
    for each, answers in ((published, True), (firewall, False)):
        address = json.loads(each.root("ip", "-j", "-4", "address", "show", "dev", "eth0").out)[0][
            "addr_info"
        ][0]["local"]
        each.inside("sh", "-c", listen("0.0.0.0", 3000))
        done = internet.probe("sh", "-c", ask(address, 3000))
        assert ("7.7.7.7" in done.out) is answers, done
