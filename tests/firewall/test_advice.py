"""Advice on entries that open more than they seem to."""

from __future__ import annotations

import re

import pytest
import yaml

from aidevcontainer.firewall import advice, entry
from tests.support.scaffold import ROOT


def test_risky_hosts_are_names() -> None:
    """X-F6: each kind has some, and none is misspelt. Only resolvers have well-known addresses."""
    found = yaml.safe_load((ROOT / "bootstrap/aidevcontainer/firewall/risky_hosts.yml").read_text())
    assert set(found) == {"rentable", "tunnels", "dns_over_https"}
    for names in found.values():
        assert names
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name) for name in names if ":" not in name)
        assert all(entry.parse(name) for name in names)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*.amazonaws.com", "anybody can rent a name under amazonaws.com"),
        ("*.s3.amazonaws.com:443", "anybody can rent a name under amazonaws.com"),
        ("*.windows.net", "anybody can rent a name under"),
        ("abc.ngrok.io", "opens a way out to everywhere"),
        ("*.dns.google:443", "data can leave inside names"),
        ("10.0.0.2:53", "data can leave inside names"),
        ("dns.corp.example:853", "data can leave inside names"),
        ("8.8.4.4:443", "data can leave inside names"),
        ("2001:4860:4860::8888", "data can leave inside names"),
        ("*.co.uk", "anybody can register a name under co.uk"),
        ("x.example.net:443/tcp", "every other name on the same address"),
        ("*.example.net:80/tcp", "every other name on the same address"),
        ("x.example.net+private", "the owner of that name decides which of your private addresses"),
        ("*.example.net:5000/tls+private", "the owner of that name decides"),
        ("x.example.net:22", ""),
        ("x.example.net:443/tls", ""),
        ("10.1.2.3:443", ""),
        ("bucket.s3.amazonaws.com", ""),
        ("*.example.net", ""),
        ("10.1.0.0/16", ""),
        ("2001:db8::/32", ""),
        ("not an entry", ""),
        ("*.com", ""),
    ],
)
def test_advice_on_an_entry(text: str, words: str) -> None:
    """X-F6: one sentence for an entry that opens more than it seems to, and none for any other text."""
    found = advice.of_entries([text])
    assert len(found) == bool(words)
    assert words in "".join(found)


def test_each_risk_of_an_entry_is_named() -> None:
    """X-F6, X-F8: one risk does not hide another."""
    found = advice.of_entries(["*.github.io:443/tcp+private"])
    assert [
        words in sentence for words, sentence in zip(("rent", "private", "other name"), found, strict=True)
    ] == [True] * 3
