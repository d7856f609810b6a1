"""The host's parser of a list entry, against the cases of the grammar and against the firewall's linter."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aidevcontainer.firewall import entry
from tests.support import firewall_list
from tests.support.entry_cases import CASES, VALID, EntryCase, line_of, policy_port
from tests.support.scaffold import ROOT

# Pieces of entries: put together, they are valid often enough to compare more than refusals.
_PIECES = (
    *("a", "example", "com", ".", ".", ".com", "*.", "*", "-", "_", "0x", "localhost", "xn--", "ü", "\u212a"),
    *("1.2.3.4", "10.", "255", "256", "0", "127.", "224.", "/8", "/16", "/32", "/128", "/"),
    *("2606:4700::1", "::", ":", "ff", "fe80", "[", "]", "]:", ":443", ":65536", ":0", ":007", "443"),
    *("/tls", "/http", "/tcp", "/", "+private", "+", ":80", ":65001", ":5000"),
    *("#", " ", "\t", "\r", "@", "?", "://", "\x7f", "\x01", "\ufeff"),
)


@pytest.mark.parametrize("case", CASES, ids=line_of)
def test_case_is_read_as_the_file_says(case: EntryCase) -> None:
    """FR-3, X-F3, X-F8: valid or not, kind, host, port, protocol, private addresses."""
    text = entry.in_line(case.line)
    if case.kind == "none":
        assert text == ""
        return
    found = entry.parse(text)
    assert (found is not None) is case.valid
    if found:
        wanted = (case.kind, case.host, case.port, case.protocol, case.private)
        assert (found.kind, found.host, found.port, found.protocol, found.private) == wanted


@pytest.mark.parametrize("case", VALID, ids=line_of)
def test_what_is_written_means_the_same(case: EntryCase) -> None:
    """X-F6: an entry that the helpers write reads as the entry that they had."""
    found = entry.parse(entry.in_line(case.line))
    assert found is not None
    again = entry.parse(str(found))
    assert again == found
    assert hash(again) == hash(found)
    assert entry.canonical(str(found)) == str(found)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=8).map("".join))
def test_parser_agrees_with_the_linter(line: str) -> None:
    """FR-3: what one refuses, the other refuses; what both accept, they read alike."""
    text = entry.in_line(line.removeprefix("\ufeff"))
    found = entry.parse(text)
    if firewall_list.sentences(f"{line}\n"):
        assert text
        assert found is None
        return
    rules = {(rule.kind, rule.value, rule.port) for rule in firewall_list.rules(f"{line}\n")}
    if found is None:
        assert text == ""
        assert rules == set()
    else:
        port = policy_port(found.kind, found.port, found.protocol, found.private)
        assert (found.kind, found.host, port) in rules


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x.com:443/tls", "x.com:443"),
        ("x.com:80/http", "x.com:80"),
        ("X.com.:5000/TCP", "x.com:5000"),
        ("x.com:443/tcp", "x.com:443/tcp"),
        ("x.com:80/tls", "x.com:80/tls"),
        ("*.x.com:5000/http+private", "*.x.com:5000/http+private"),
        ("x.com:443/tls+private", "x.com:443+private"),
        ("x.com+private", "x.com+private"),
        ("x.com:443/SSH", "x.com:443/ssh"),
    ],
)
def test_canonical_form_leaves_out_the_ports_own_protocol(text: str, written: str) -> None:
    """X-F8: two ways to write one entry are one entry; text that is not an entry stays."""
    assert entry.canonical(text) == written


def test_entries_differ_in_protocol_and_private_addresses() -> None:
    """X-F8: they open different things, so none stands for another."""
    texts = (
        "x.com",
        "x.com+private",
        "x.com:443",
        "x.com:443/tcp",
        "x.com:443/http",
        "x.com:443/tcp+private",
    )
    assert len({entry.parse(text) for text in texts}) == len(texts)


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("x.com", ("443/tls", "80/http")),
        ("*.x.com+private", ("443/tls", "80/http")),
        ("db", ("443/tcp", "80/tcp")),
        ("10.0.0.0/8:443", ("443/tcp",)),
        ("x.com:443", ("443/tls",)),
        ("x.com:443/tcp", ("443/tcp",)),
        ("x.com:8443/tls", ("8443/tls",)),
        ("x.com:22", ("22/tcp",)),
    ],
)
def test_ports_come_with_what_passes_there(text: str, ports: tuple[str, ...]) -> None:
    """X-F8: by the name in TLS or HTTP, or by address."""
    found = entry.parse(text)
    assert found
    assert found.ports() == ports


@pytest.mark.parametrize(
    ("host", "port", "protocol", "written"),
    [
        ("example.com", "443", "tls", "example.com"),
        ("example.com", "80", "http", "example.com"),
        ("example.com", "443", "tcp", "example.com:443/tcp"),
        ("example.com", "443", "http", "example.com:443/http"),
        ("example.com", "80", "tls", "example.com:80/tls"),
        ("example.com", "8443", "tls", "example.com:8443/tls"),
        ("example.com", "22", "tcp", "example.com:22"),
        ("example.com", "65001", "tls", None),
        ("example.com+private", "443", "tls", None),
        ("192.0.2.1", "443", "tcp", "192.0.2.1"),
        ("192.0.2.1", "8443", "tls", "192.0.2.1:8443"),
        ("db", "80", "http", "db"),
    ],
)
def test_entry_that_opens_a_port_for_a_protocol(
    host: str, port: str, protocol: str, written: str | None
) -> None:
    """X-F8: what speaks TLS or HTTP passes by its name; an address or a service never does."""
    found = entry.opening(host, port, protocol)
    assert (str(found) if found else None) == written


@pytest.mark.parametrize(
    ("host", "port", "written"),
    [
        ("example.com", "443", "example.com"),
        ("example.com", "80", "example.com"),
        ("Example.com.", "22", "example.com:22"),
        ("2001:db8::7", "8443", "[2001:db8::7]:8443"),
        ("2001:db8::7", "443", "2001:db8::7"),
        ("192.0.2.1", "22", "192.0.2.1:22"),
        ("127.0.0.11", "53", None),
        ("example.com:1", "22", None),
        ("two words", "22", None),
        ("example.com", "99999", None),
        ("example.com", "x", None),
    ],
)
def test_entry_that_opens_a_port(host: str, port: str, written: str | None) -> None:
    """X-F6: the shortest one, or none."""
    found = entry.opening(host, port)
    assert (str(found) if found else None) == written


@pytest.mark.parametrize(
    ("text", "wildcard", "below"),
    [
        ("a.example.com", "*.example.com", True),
        ("a.b.example.com", "*.example.com", True),
        ("*.a.example.com", "*.example.com", True),
        ("a.example.com:443", "*.example.com", True),
        ("a.example.com:8443", "*.example.com:8443", True),
        ("example.com", "*.example.com", False),
        ("*.example.com", "*.example.com", False),
        ("xexample.com", "*.example.com", False),
        ("a.example.com", "*.example.com:443", False),
        ("a.example.com:22", "*.example.com", False),
        ("a.example.com", "example.com", False),
        ("a.example.com:443/tls", "*.example.com", True),
        ("a.example.com:443/tcp", "*.example.com", False),
        ("a.example.com:443", "*.example.com:443/tcp", False),
        ("a.example.com:8443/tls", "*.example.com:8443", False),
        ("a.example.com:8443/tls", "*.example.com:8443/tls", True),
        ("a.example.com+private", "*.example.com", False),
        ("a.example.com+private", "*.example.com+private", True),
        ("a.example.com", "*.example.com+private", True),
    ],
)
def test_entry_below_a_wildcard(text: str, wildcard: str, below: bool) -> None:
    """X-F3, X-F8: the wildcard opens every name and port of the entry, in the same way."""
    lower, upper = entry.parse(text), entry.parse(wildcard)
    assert lower and upper
    assert lower.is_below(upper) is below


def test_entry_is_frozen() -> None:
    """X-F6: nobody changes an entry that somebody else holds."""
    found = entry.parse("example.com")
    assert found
    with pytest.raises(AttributeError, match="frozen"):
        found.host = "other.example.com"


def test_parser_loads_nothing() -> None:
    """X-P1: it is part of the quick path."""
    code = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1]); "
        "from aidevcontainer.firewall import entry; print(*sorted(set(sys.modules) - before))"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(ROOT / "bootstrap")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    own = {"aidevcontainer", "aidevcontainer.firewall", "aidevcontainer.firewall.entry"}
    assert set(done.stdout.split()) - own == {"__future__"}
