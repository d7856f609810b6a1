"""What the firewall writes down of lookups and refusals, and what its scripts print of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.firewall_scripts import FOLDER, awk, needs_jq, script
from tests.support.run import run


@pytest.mark.skipif(sys.platform != "linux", reason="macOS's awk has no systime()")
def test_journal_is_bounded_and_plain(tmp_path: Path) -> None:
    """X-F6: a program that asks for names fills at most two files of 2000 lines, and no log."""
    asked = "".join(f"dnsmasq[7]: {i} 127.0.0.1/5 config n{i}.example.org is NXDOMAIN\n" for i in range(9000))
    answered = (
        "dnsmasq[7]: 9 127.0.0.1/5 query[A] www.example.net from 127.0.0.1\n"
        "dnsmasq[7]: 9 127.0.0.1/5 reply www.example.net is <CNAME>\n"
        "dnsmasq[7]: 9 127.0.0.1/5 reply alias.example.com is 192.0.2.9\n"
    )
    (tmp_path / "said").write_text(answered + asked + "dnsmasq[7]: something is wrong\n")
    said = awk("journal resolver-log", tmp_path / "said", journal=tmp_path / "journal").checked().out
    assert said == "firewall: resolver: something is wrong\n"
    assert (tmp_path / "journal.known.0").read_text() == "known 192.0.2.9 www.example.net\n"
    lines = [len((tmp_path / f"journal.refused.{side}").read_text().splitlines()) for side in (0, 1)]
    assert max(lines) <= 2000
    assert sum(lines) >= 2000


_FORGED = {
    "an old question's answer": (
        "5 127.0.0.1/4 query[A] evil.example from 127.0.0.1",
        "1005 127.0.0.1/5 query[A] kept.example from 127.0.0.1",
        "5 127.0.0.1/4 reply evil.example is 45.33.32.156",
    ),
    "a name that reads like an answer": (
        "6 127.0.0.1/4 query[A] kept.example is 6.6.6.6 .wild.example.net from 127.0.0.1",
        "6 127.0.0.1/4 reply kept.example is 6.6.6.6 .wild.example.net is NXDOMAIN",
    ),
    "an answer to a name that reads like a question": (
        "7 127.0.0.1/4 query[A] kept.example from 6.6.6.6 .wild.example.net from 127.0.0.1",
        "7 127.0.0.1/4 reply kept.example from 6.6.6.6 .wild.example.net is 6.6.6.6",
        "7 127.0.0.1/4 reply alias.example is 6.6.6.6",
    ),
}


@pytest.mark.parametrize("forged", _FORGED)
def test_nobody_writes_an_address_beside_anothers_name(tmp_path: Path, forged: str) -> None:
    """X-F5, X-F7: it would keep that address open when its own name is taken off the list."""
    (tmp_path / "said").write_text("".join(f"dnsmasq[7]: {line}\n" for line in _FORGED[forged]))
    awk("journal resolver-log", tmp_path / "said", journal=tmp_path / "journal").checked()
    assert not (tmp_path / "journal.known.0").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="macOS's awk has no systime()")
@pytest.mark.parametrize(
    ("asked", "shown"), [("a b is c", "a?b?is?c"), ("bind-interfaces.example", "bind-interfaces.example")]
)
def test_no_name_hides_from_the_log(tmp_path: Path, asked: str, shown: str) -> None:
    """X-F6: neither with spaces in it nor with words of the resolver's own."""
    (tmp_path / "said").write_text(f"dnsmasq[7]: 7 127.0.0.1/4 config {asked} is NXDOMAIN\n")
    awk("journal resolver-log", tmp_path / "said", journal=tmp_path / "journal").checked()
    assert (tmp_path / "journal.refused.0").read_text().split()[2] == shown


def test_proofs_own_questions_are_left_out(tmp_path: Path) -> None:
    """X-F6: of the same name in the same moment, and no others."""
    (tmp_path / "all").write_text(
        "own 100 example.com\nrefused 101 example.com\nrefused 200 example.com\n"
        "refused 100 other.example.com\n"
        "add blocked-4 192.0.2.1,tcp:22 timeout 86000 packets 4 bytes 240\n"
        "add last-blocked-4 192.0.2.1,tcp:22 timeout 86300\nknown 192.0.2.1 a.example.net\n"
        "known 192.0.2.1 b.example.net\nknown 192.0.2.1 a.example.net\n"
        "known 192.0.2.1 github.com,c.example.net\n"
    )
    said = awk("addresses refused", tmp_path / "all", now=1000, lifetime=86400).checked().out.splitlines()
    assert sorted(said) == [
        "address 900 4 tcp 22 192.0.2.1 a.example.net,b.example.net -",
        "name 100 1 other.example.com",
        "name 200 1 example.com",
    ]


_REASONS = {
    "10.0.0.5": "private",
    "172.31.255.255": "private",
    "172.32.0.0": "-",
    "192.168.1.1": "private",
    "100.64.0.1": "private",
    "168.63.129.16": "private",
    "168.63.129.17": "-",
    "169.254.169.254": "local",
    "127.0.53.1": "local",
    "127.0.0.11": "resolver",
    "93.184.215.14": "-",
    "10.9.9.9": "resolver",
    "2001:db8::9": "resolver",
    "fd00:ec2::254": "private",
    "fe80::1": "local",
    "febf::1": "local",
    "fec0::1": "private",
    "2001:1ff::1": "private",
    "2001:200::1": "-",
    "3fff:fff::1": "private",
    "4000::1": "-",
    "2606:4700::1": "-",
}


@pytest.mark.parametrize("address", _REASONS)
def test_refused_connection_has_its_reason(tmp_path: Path, address: str) -> None:
    """X-F6: a private address, one of this machine, a resolver; or that it is not listed."""
    (tmp_path / "all").write_text(f"add blocked-4 {address},tcp:53 timeout 86000 packets 4 bytes 240\n")
    given = {"now": 1000, "lifetime": 86400, "resolvers": "10.9.9.9 2001:db8::9 "}
    said = awk("addresses refused", FOLDER / "special-use.txt", tmp_path / "all", **given).checked().out
    assert said == f"address 600 4 tcp 53 {address} - {_REASONS[address]}\n"


def test_connection_that_met_the_limit_says_so(tmp_path: Path) -> None:
    """X-F6: its host is listed, so nobody should look for a missing line."""
    entry = "93.184.215.14,tcp:443"
    blocked = f"add blocked-4 {entry} timeout 86000 packets 4 bytes 240\n"
    (tmp_path / "all").write_text(f"{blocked}add limited-4 {entry} timeout 3000\n")
    said = awk("addresses refused", tmp_path / "all", now=1000, lifetime=86400).checked().out
    assert said == "address 600 4 tcp 443 93.184.215.14 - limit\n"


_HOSTILE = {
    b'"quoted".example': '"quoted".example',
    b"back\\slash\\n.example": "back\\slash\\n.example",
    b"\x01\x1b[2J\x7f.example": "\x01\x1b[2J\x7f.example",
    b"\xff\xfe.example": "\ufffd\ufffd.example",
    "z\u00fcrich.example".encode(): "z\u00fcrich.example",
    "line\u2028break.example".encode(): "line\u2028break.example",
    b"{{x}}[],:null.example": "{{x}}[],:null.example",
    b"$(id)`id`.example": "$(id)`id`.example",
}


@needs_jq
@pytest.mark.parametrize("name", _HOSTILE, ids=repr)
def test_every_name_is_exact_in_json(tmp_path: Path, name: bytes) -> None:
    """X-F6: no name breaks out of its string, and bytes that are not text are marked."""
    (tmp_path / "asked.refused.0").write_bytes(b"refused 100 " + name + b"\nrefused 101 other.example\n")
    done = script(tmp_path, "refused.sh", "--json").checked()
    assert done.out.isascii()
    *lines, end = done.out.removesuffix("\n").split("\n")
    assert (len(lines), end) == (2, "")
    found = {each["time"]: each for each in map(json.loads, lines)}
    assert found[100] == {"time": 100, "count": 1, "protocol": "dns", "names": [_HOSTILE[name]]}


@needs_jq
def test_connections_in_json() -> None:
    """X-F6: address, port and protocol apart, and all known names, or none."""
    rows = (
        "address 900 4 tcp 22 192.0.2.1 a.example.net,b.example.net private",
        "address 901 1 icmpv6 128/0 2001:db8::1 - -",
    )
    text = "".join(f"{row}\n" for row in rows)
    done = run(["jq", "-acR", "-L", str(FOLDER), 'include "answers"; refusal'], input=text).checked()
    assert [json.loads(each) for each in done.out.splitlines()] == [
        {
            "time": 900,
            "count": 4,
            "protocol": "tcp",
            "port": "22",
            "address": "192.0.2.1",
            "names": ["a.example.net", "b.example.net"],
            "reason": "private",
        },
        {
            "time": 901,
            "count": 1,
            "protocol": "icmpv6",
            "port": "128/0",
            "address": "2001:db8::1",
            "names": [],
        },
    ]


def test_refusals_for_people_stay_lines(tmp_path: Path) -> None:
    """X-F6: without --json, and an empty line at the end of each snapshot; other options are wrong usage."""
    (tmp_path / "asked.refused.0").write_text("refused 100 a.example\n", encoding="utf-8")
    assert script(tmp_path, "refused.sh").checked().out == "name 100 1 a.example\n\n"
    assert script(tmp_path, "refused.sh", "--jsn").code == 2
