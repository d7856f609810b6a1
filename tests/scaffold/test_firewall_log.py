"""What the firewall writes down of lookups."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.firewall_scripts import awk


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
    assert (tmp_path / "journal.known").read_text() == "known 192.0.2.9 www.example.net\n"
    lines = [len((tmp_path / f"journal.refused{end}").read_text().splitlines()) for end in ("", ".old")]
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
    assert not (tmp_path / "journal.known").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="macOS's awk has no systime()")
@pytest.mark.parametrize(
    ("asked", "shown"), [("a b is c", "a?b?is?c"), ("bind-interfaces.example", "bind-interfaces.example")]
)
def test_no_name_hides_from_the_log(tmp_path: Path, asked: str, shown: str) -> None:
    """X-F6: neither with spaces in it nor with words of the resolver's own."""
    (tmp_path / "said").write_text(f"dnsmasq[7]: 7 127.0.0.1/4 config {asked} is NXDOMAIN\n")
    awk("journal resolver-log", tmp_path / "said", journal=tmp_path / "journal").checked()
    assert (tmp_path / "journal.refused").read_text().split()[2] == shown
