"""What a refusal means for a person."""

from __future__ import annotations

from typing import Any

import pytest

from aidevcontainer.firewall import refusals
from aidevcontainer.firewall.refusals import Refusal


def refusal(**fields: Any) -> Refusal:  # noqa: ANN401 -- of a NamedTuple
    """Returns a refusal, by default of a lookup."""
    usual = Refusal(9, 1, (), "", "dns", "")
    return usual._replace(**{**fields, "names": tuple(fields.get("names", ()))})


@pytest.mark.parametrize(
    ("fields", "entries"),
    [
        ({"names": ["a.example.net"]}, ["a.example.net"]),
        ({"names": ["a-.example.net"]}, []),
        ({"names": ["localhost"]}, []),
        ({"names": ["db"]}, []),
        ({"names": ["host.docker.internal"]}, ["host.docker.internal"]),
        ({"names": ["*.example.net"]}, []),
        ({"names": ["a.example.net:22"]}, []),
        ({"protocol": "tcp", "address": "192.0.2.1", "port": "443"}, ["192.0.2.1"]),
        ({"protocol": "tcp", "address": "2001:db8::1", "port": "22"}, ["[2001:db8::1]:22"]),
        ({"protocol": "tcp", "address": "127.0.0.11", "port": "53"}, []),
        ({"protocol": "tcp", "address": "192.0.2.1", "port": "53"}, []),
        ({"protocol": "tcp", "address": "2001:db8::1", "port": "853", "names": ["a.example"]}, []),
        ({"protocol": "tcp", "address": "192.0.2.1", "port": "443", "reason": "resolver"}, []),
        ({"protocol": "tcp", "address": "169.254.169.254", "port": "80", "reason": "local"}, []),
        ({"protocol": "tcp", "address": "93.184.215.14", "port": "443", "reason": "limit"}, []),
        (
            {"protocol": "tcp", "address": "10.0.0.5", "port": "5000", "names": ["a.b"], "reason": "private"},
            ["10.0.0.5:5000"],
        ),
        (
            {"protocol": "tcp", "address": "fd00::5", "port": "443", "names": ["a.b"], "reason": "private"},
            ["fd00::5"],
        ),
        ({"protocol": "tls", "port": "443", "names": ["evil.example"], "reason": "name"}, ["evil.example"]),
        ({"protocol": "http", "port": "80", "names": ["evil.example"], "reason": "name"}, ["evil.example"]),
        ({"protocol": "tls", "port": "8443", "names": ["a.b"], "reason": "name"}, ["a.b:8443/tls"]),
        ({"protocol": "http", "port": "443", "names": ["a.b"], "reason": "name"}, ["a.b:443/http"]),
        ({"protocol": "tls", "port": "80", "names": ["a.b"], "reason": "name"}, ["a.b:80/tls"]),
        ({"protocol": "tls", "port": "853", "names": ["a.b"], "reason": "name"}, []),
        ({"protocol": "http", "port": "80", "names": ["192.0.2.1"], "reason": "name"}, []),
        ({"protocol": "tls", "port": "443", "names": [], "reason": "name"}, []),
        *(
            ({"protocol": "http", "port": "80", "names": ["a.b"], "reason": reason}, [])
            for reason in ("unnamed", "plain", "broken", "proxy", "changed", "later")
        ),
        ({"protocol": "udp", "address": "192.0.2.1", "port": "53"}, []),
        ({"protocol": "tcp", "address": "192.0.2.1", "port": "22", "names": ["a.example"]}, ["a.example:22"]),
    ],
)
def test_entries_that_would_allow_it(fields: dict[str, object], entries: list[str]) -> None:
    """X-F6: only those that the linter accepts."""
    assert refusals.entries(refusal(**fields)) == entries


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"address": "10.0.0.5", "port": "5000", "names": ["registry.corp"], "reason": "private"},
            "tcp 10.0.0.5:5000 (registry.corp: a name cannot open a private address. If the name is your "
            "own, allow registry.corp:5000+private. If only the host is: "
            "./.aidevcontainer/firewall allow 10.0.0.5:5000)",
        ),
        (
            {"address": "fd00::5", "port": "443", "names": ["a.b", "c.d"], "reason": "private"},
            "tcp [fd00::5]:443 (a.b, c.d: a name cannot open a private address. If the name is your own, "
            "allow a.b+private. If only the host is: ./.aidevcontainer/firewall allow fd00::5)",
        ),
        ({"address": "10.0.0.5", "port": "22", "reason": "private"}, "tcp 10.0.0.5:22"),
        (
            {"address": "169.254.1.1", "port": "80", "names": ["a.b"], "reason": "local"},
            "tcp 169.254.1.1:80 (a.b: a name cannot open an address of this machine or its link)",
        ),
        (
            {"address": "93.184.215.14", "port": "443", "names": ["a.b"], "reason": "limit"},
            "tcp 93.184.215.14:443 (a.b: too many connections at once)",
        ),
        (
            {"address": "10.0.0.2", "port": "53", "reason": "resolver"},
            "tcp 10.0.0.2:53 (only the firewall's resolver may ask it)",
        ),
        (
            {"address": "127.0.0.11", "port": "53", "reason": "resolver"},
            "tcp 127.0.0.11:53 (Docker's own resolver)",
        ),
    ],
)
def test_reason_is_said_with_the_line_that_helps(fields: dict[str, object], words: str) -> None:
    """X-F6: a listed host is not refused without a word why."""
    assert refusals.words(refusal(**{"protocol": "tcp", **fields})) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"protocol": "tls", "names": ["evil.example"], "reason": "name"},
            "tls evil.example:443 (not on the list)",
        ),
        ({"reason": "name", "names": ["10.0.0.5"]}, "http 10.0.0.5:443 (not on the list)"),
        (
            {"protocol": "tls", "reason": "unnamed"},
            "tls port 443 (the client did not say which host it wants)",
        ),
        (
            {"protocol": "tls", "reason": "plain"},
            "tcp port 443 (not TLS. If a listed host speaks another protocol there, list it as HOST:443/tcp)",
        ),
        ({"reason": "broken"}, "http port 443 (the firewall cannot read which host the client wants)"),
        (
            {"reason": "proxy", "names": ["a.b"]},
            "http a.b:443 (a request to a proxy. If you trust the proxy, list it as HOST:443/tcp)",
        ),
        (
            {"reason": "changed", "names": ["a.b"]},
            "http a.b:443 (the connection was opened for another host)",
        ),
        ({"reason": "later"}, "http port 443 (later)"),
    ],
)
def test_refusal_of_the_name_gate_in_words(fields: dict[str, object], words: str) -> None:
    """X-F8: the name that the agent asked for, and what was wrong with it."""
    assert refusals.words(refusal(**{"protocol": "http", "port": "443", **fields})) == words


def test_refusals_of_the_name_gate_are_counted_apart() -> None:
    """X-F8: one name on two ports, or refused for two reasons, is not the same refusal."""
    gate = Refusal(10, 2, ("a.example",), "", "tls", "443", "name")
    others = [
        gate._replace(port="8443"),
        gate._replace(reason="changed"),
        gate._replace(names=("b.example",)),
    ]
    assert refusals.newer([gate, *others], [gate]) == others
    assert refusals.newer([gate._replace(times=3)], [gate]) == [gate._replace(times=1)]


def test_counts_of_what_is_new() -> None:
    """X-F6: `--follow` shows what happened since, not the sum."""
    before = [Refusal(10, 2, ("a.example.net",), "", "dns", "")]
    again = Refusal(20, 5, ("a.example.net",), "", "dns", "")
    other = Refusal(20, 1, (), "192.0.2.1", "tcp", "22")
    assert refusals.newer([*before], before) == []
    assert refusals.newer([again, other], before) == [again._replace(times=3), other]
    assert refusals.newer([other._replace(names=("b.example.net",))], [other]) == []
    assert refusals.newer([other._replace(time=21)], [other]) == []
    assert refusals.newer([other._replace(time=22)], [other]) == [other._replace(time=22)]


def test_each_name_that_the_gate_refused_is_a_refusal_of_its_own() -> None:
    """X-F11: there is no address to tell them apart."""
    gate = {"protocol": "tls", "port": "443", "reason": "name"}
    before = [refusal(**gate, names=["a.example.net"])]
    after = [*before, refusal(**gate, names=["b.example.net"])]
    assert [refusals.host(each) for each in refusals.newer(after, before)] == ["b.example.net"]
