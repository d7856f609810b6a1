"""The host's parser of a list entry, against the cases of the grammar and against the firewall's linter."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aidevcontainer.firewall import entry
from tests.support import firewall_list
from tests.support.entry_cases import CASES, VALID, EntryCase, line_of
from tests.support.scaffold import ROOT

# Pieces of entries: put together, they are valid often enough to compare more than refusals.
_PIECES = (
    *("a", "example", "com", ".", ".", ".com", "*.", "*", "-", "_", "0x", "localhost", "xn--", "ü", "\u212a"),
    *("1.2.3.4", "10.", "255", "256", "0", "127.", "224.", "/8", "/16", "/32", "/128", "/"),
    *("2606:4700::1", "::", ":", "ff", "fe80", "[", "]", "]:", ":443", ":65536", ":0", ":007", "443"),
    *("#", " ", "\t", "\r", "@", "?", "://", "\x7f", "\x01", "\ufeff"),
)


@pytest.mark.parametrize("case", CASES, ids=line_of)
def test_case_is_read_as_the_file_says(case: EntryCase) -> None:
    """FR-3, X-F3: valid or not, kind, host and port."""
    text = entry.in_line(case.line)
    if case.kind == "none":
        assert text == ""
        return
    found = entry.parse(text)
    assert (found is not None) is case.valid
    if found:
        assert (found.kind, found.host, found.port) == (case.kind, case.host, case.port)


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
        assert (found.kind, found.host, str(found.port or "web")) in rules


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
    ],
)
def test_entry_below_a_wildcard(text: str, wildcard: str, below: bool) -> None:
    """X-F3: every name and port of the entry is one that the wildcard opens."""
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
