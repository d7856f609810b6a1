"""How lists of allowed hosts are read: what they may say, and what is said about the rest."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.firewall_scripts import lint, policy, tables

NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")
NETWORK = re.compile(r"[0-9a-f.:]+(/[0-9]{1,3})?")
ACCEPTED = {
    "example.com": ("name", "example.com", "web"),
    "Example.COM.": ("name", "example.com", "web"),
    "  example.com  # why": ("name", "example.com", "web"),
    "example.com:8443": ("name", "example.com", "8443"),
    "*.example.com": ("wildcard", "example.com", "web"),
    "*.example.com:8443": ("wildcard", "example.com", "8443"),
    "xn--bcher-kva.example": ("name", "xn--bcher-kva.example", "web"),
    "_dmarc.example.com": ("name", "_dmarc.example.com", "web"),
    "db": ("service", "db", "web"),
    "db:5432": ("service", "db", "5432"),
    "10.1.2.3": ("net4", "10.1.2.3", "web"),
    "10.1.2.3:5432": ("net4", "10.1.2.3", "5432"),
    "10.1.0.0/16": ("net4", "10.1.0.0/16", "web"),
    "10.1.0.0/16:5432": ("net4", "10.1.0.0/16", "5432"),
    "2606:4700::/32": ("net6", "2606:4700::/32", "web"),
    "2606:4700::1": ("net6", "2606:4700::1", "web"),
    "[2606:4700::/32]:443": ("net6", "2606:4700::/32", "443"),
}
REFUSED = {
    "https://example.com/a": "'https://example.com/a' is a URL: write only the host name, here example.com.",
    "example.com/a": "is a URL or a path: write only the host name, here example.com.",
    "me@example.com": "is a URL: write only the host name, here example.com.",
    "example.com example.org": "is more than one word: write one host per line",
    "<<<<<<< HEAD": "a merge conflict is not resolved here",
    "=======": "a merge conflict is not resolved here",
    ">>>>>>> main": "a merge conflict is not resolved here",
    "*": "is too wide: name a domain, as in *.example.com.",
    "*.com": "is too wide",
    "a.*.example.com": "the asterisk must stand alone at the front",
    "a*.example.com": "the asterisk must stand alone at the front",
    "-a.example.com": "is not a host name",
    "a..example.com": "is not a host name",
    f"{'a' * 64}.example.com": "is not a host name",
    "a." * 127 + "com": "is not a host name",
    "bücher.example": "write the name in its xn-- form",
    "example.com:0": "is not a port: write a number from 1 to 65535",
    "example.com:65536": "is not a port",
    "example.com:https": "is not a port",
    "example.com:80,443": "is not a port",
    "example.com:": "is not a port",
    "1.2.3": "is not an IPv4 address or network",
    "256.1.1.1": "is not an IPv4 address or network",
    "010.1.1.1": "is not an IPv4 address or network",
    "0.0.0.0/0": "needs a length from /8 to /32",
    "10.0.0.0/33": "needs a length from /8 to /32",
    "127.0.0.11": "is loopback, multicast or reserved and cannot be listed",
    "239.1.1.1": "is loopback, multicast or reserved and cannot be listed",
    "0x7f.1": "ends in a number, so programs take it for an address",
    "localhost": "is this machine itself",
    "::/0": "needs a length from /16 to /128",
    "::1": "is loopback, multicast or an IPv4 address in disguise",
    "::ffff:a01:203": "is loopback, multicast or an IPv4 address in disguise",
    "1:2:3": "is not an IPv6 address or network",
    "[2606:4700::1]": "an IPv6 address in brackets needs a port",
}


@pytest.mark.parametrize("line", ACCEPTED)
def test_form_is_understood(tmp_path: Path, line: str) -> None:
    """FR-3, X-F3: names, wildcards, ports, services, addresses, networks; comments; any case."""
    (rule,) = policy(tmp_path, f"# a list\n\n{line}\n")
    assert rule == (*ACCEPTED[line], "allowed-domains.txt:3")


@pytest.mark.parametrize("line", REFUSED)
def test_mistake_gets_a_sentence(tmp_path: Path, line: str) -> None:
    """US-003.7: file, line, what is wrong and what to write instead; and nothing of the list is used."""
    done = lint(tmp_path, f"good.example.com\n{line}\n")
    assert (done.code, done.out) == (1, "")
    (sentence,) = done.err.splitlines()
    assert sentence.startswith("allowed-domains.txt line 2: ")
    assert REFUSED[line] in sentence


def test_editors_of_all_systems_are_tolerated(tmp_path: Path) -> None:
    """FR-3: a byte order mark, carriage returns, and a last line without an end."""
    done = lint(tmp_path, b"\xef\xbb\xbfone.example.com\r\n# no\r\ntwo.example.com").checked()
    assert [line.split("\t")[1] for line in done.out.splitlines()] == ["one.example.com", "two.example.com"]


def test_utf16_is_named(tmp_path: Path) -> None:
    """US-003.7: what Windows calls Unicode is refused in words, not as dozens of strange names."""
    done = lint(tmp_path, "example.com\n".encode("utf-16"))
    assert (done.code, done.err) == (
        1,
        "allowed-domains.txt line 1: the file is not plain text: save it as UTF-8.\n",
    )


def test_comments_may_hold_anything(tmp_path: Path) -> None:
    """FR-3: what stands behind # is nobody's business."""
    assert [rule.value for rule in policy(tmp_path, "a.example.com # $(reboot) ü <<<<<<< https://x\n")] == [
        "a.example.com"
    ]


def test_repetition_is_harmless(tmp_path: Path) -> None:
    """US-003.2: the same host twice, in other letters too, is one rule."""
    assert len(policy(tmp_path, "a.example.com\nA.EXAMPLE.com\na.example.com.\n")) == 1


def test_empty_list_allows_nothing(tmp_path: Path) -> None:
    """US-003.1: an empty file is not a missing one."""
    assert policy(tmp_path, "# nothing yet\n") == []


def test_many_mistakes_do_not_flood(tmp_path: Path) -> None:
    """US-003.7: after twenty sentences the rest is counted."""
    done = lint(tmp_path, "http://x\n" * 500)
    assert len(done.err.splitlines()) == 21
    assert done.err.splitlines()[-1] == "and 480 more lines like these."


def test_size_is_limited(tmp_path: Path) -> None:
    """US-003.7: a list nobody can have written is refused as a whole."""
    done = lint(tmp_path, "".join(f"host{number}.example.com\n" for number in range(20001)))
    assert done.code == 1
    assert "more than 20000 lines" in done.err


@pytest.mark.parametrize("name", ["github.com", "api.github.com", "*.github.com"])
def test_githubs_names_mean_its_ranges(tmp_path: Path, name: str) -> None:
    """US-003.2: any of GitHub's names asks for its published ranges, and for the name to get them from."""
    rules = [rule[:3] for rule in policy(tmp_path, f"{name}\n")]
    assert ("github", "github.com", "web") in rules
    assert ("name", "api.github.com", "web") in rules


def test_names_like_githubs_do_not(tmp_path: Path) -> None:
    """US-003.2: a name that merely ends alike brings no ranges."""
    assert [rule.kind for rule in policy(tmp_path, "notgithub.com\ngithub.com.example.org\n")] == [
        "name",
        "name",
    ]


LINES = st.one_of(
    st.text(max_size=60),
    st.sampled_from([*ACCEPTED, *REFUSED]),
    st.from_regex(r"[a-z0-9*./:\[\]-]{1,30}", fullmatch=True),
    st.builds(
        "{}{}{}".format, st.sampled_from(list(ACCEPTED)), st.characters(), st.sampled_from(list(ACCEPTED))
    ),
)


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(LINES, min_size=1, max_size=6), raw=st.binary(max_size=40))
def test_nothing_can_be_injected(lines: list[str], raw: bytes) -> None:
    """X-F7: whatever stands in the file, a policy is made of names, addresses and numbers only."""
    with tempfile.TemporaryDirectory() as folder:
        done = lint(Path(folder), "\n".join(lines).encode("utf-8", "replace") + b"\n" + raw)
    assert done.code in (0, 1)
    assert bool(done.out) <= (done.code == 0)
    for line in done.out.splitlines():
        kind, value, port, origin = line.split("\t")
        assert re.fullmatch("name|wildcard|service|net4|net6|github", kind)
        assert (NETWORK if kind.startswith("net") else NAME).fullmatch(value)
        assert port == "web" or 1 <= int(port) <= 65535
        assert re.fullmatch(r"allowed-domains\.txt:[0-9]+", origin)
    assert all(re.fullmatch(r"[ -~]+", line) for line in done.err.splitlines())


@settings(max_examples=25, deadline=None)
@given(chosen=st.lists(st.sampled_from(list(ACCEPTED)), max_size=8), family=st.sampled_from([4, 6]))
def test_rules_are_well_formed_for_every_list(chosen: list[str], family: int) -> None:
    """X-F4: both families get the same frame: everything refused by policy, refusals answered at once."""
    with tempfile.TemporaryDirectory() as folder:
        lines = tables(Path(folder), "\n".join(chosen) + "\n", family)
    assert lines[:4] == ["*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT DROP [0:0]"]
    assert lines[-1] == "COMMIT"
    output = [line for line in lines if line.startswith("-A OUTPUT")]
    assert output[-1] == "-A OUTPUT -j log-and-refuse"
    assert all(re.fullmatch(r"-A [A-Za-z-]+ [ -~]*-j [A-Za-z-]+( [ -~]+)?", line) for line in lines[7:-1])
