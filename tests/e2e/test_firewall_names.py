"""Lookups: what leaves through the resolver, and how fast it says no."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.support.firewall import Firewall, NewFirewall, ask, listen
from tests.support.internet import Internet

pytestmark = pytest.mark.engine

TYPES = [
    "A",
    "AAAA",
    "TXT",
    "MX",
    "NS",
    "SOA",
    "SRV",
    "CNAME",
    "PTR",
    "CAA",
    "ANY",
    "NULL",
    "DS",
    "HTTPS",
    "TYPE65400",
]
UNLISTED = ["example.com", "data.listed.example.net", "example.net", "wild.example.net", "net", "."]
BACKWARDS = "4.3.2.1.in-addr.arpa"


@pytest.fixture(scope="module")
def firewall(new_firewall: NewFirewall, internet: Internet) -> Iterator[Firewall]:
    """A firewall that asks the tests' resolver, which writes down every question."""
    resolver = internet.servers["resolver"]
    yield new_firewall(
        "listed.example.net", "*.wild.example.net", environment={"AIDEVCONTAINER_DNS": resolver.address}
    )
    internet.restore()


def _asked(internet: Internet) -> set[str]:
    return {entry["name"] for entry in internet.servers["resolver"].seen("dns")}


@pytest.mark.parametrize("over", ["+notcp", "+tcp"])
def test_unlisted_names_do_not_exist(firewall: Firewall, internet: Internet, over: str) -> None:
    """X-F2: "no such name" at once, for every kind of record and over TCP too; upstream hears nothing."""
    internet.servers["resolver"].forget()
    questions = [(name, kind) for name in [*UNLISTED, BACKWARDS] for kind in TYPES]
    line = [part for question in questions for part in question]
    done = firewall.inside("dig", over, "+time=1", "+tries=1", "+noall", "+comments", *line)
    assert done.out.count("status: NXDOMAIN") == done.out.count("status: ") == len(questions), done
    assert _asked(internet) & {*UNLISTED, BACKWARDS} == set()


def test_listed_names_are_asked_for(firewall: Firewall, internet: Internet) -> None:
    """X-F2, X-F3: the configured resolver hears of listed names, so the test above would have noticed."""
    internet.servers["resolver"].forget()
    name = f"{secrets.token_hex(4)}.wild.example.net"
    firewall.inside("dig", name)
    assert name in _asked(internet)


def test_programs_hear_at_once_that_a_name_is_not_listed(firewall: Firewall) -> None:
    """FR-6, X-F2: musl's own lookup, which waits for seconds on a refusal, comes back."""
    done = firewall.inside("getent", "hosts", "example.com")
    assert (done.code, done.out) == (2, "")


def test_resolver_configuration_names_ours_only(firewall: Firewall) -> None:
    """X-F2: resolv.conf leads nowhere else."""
    lines = firewall.inside("cat", "/etc/resolv.conf").out.splitlines()
    assert [line for line in lines if line.startswith("nameserver")] == ["nameserver 127.0.0.1"]


def test_agent_cannot_become_the_resolver(firewall: Firewall) -> None:
    """X-F2, X-F7: the agent neither sees the resolver, nor gets its rights, nor speaks from its addresses."""
    assert firewall.inside("pgrep", "dnsmasq").out == ""
    assert firewall.inside("setpriv", "--reuid=5353", "true").code != 0
    for address, answers in (
        ("127.0.99.1", True),
        ("127.0.53.1", False),
        ("127.0.53.2", False),
        ("127.0.0.11", False),
    ):
        done = firewall.inside("sh", "-c", f"{listen(address, 4000)}; {ask(address, 4000)}")
        assert ("7.7.7.7" in done.out) is answers, done
