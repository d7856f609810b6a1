"""The choice among refused hosts."""

from __future__ import annotations

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from aidevcontainer.firewall import prompt, refusals
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.prompt import Choice, Offer
from aidevcontainer.firewall.refusals import Refusal
from tests.support.allowlist import lists

__all__ = ["lists"]


def test_offers_are_what_a_list_can_allow(lists: Lists) -> None:
    """X-F6: nothing over UDP, nothing that is listed, the latest first, one line for each entry."""
    found = [
        Refusal(10, 1, ("a.example.net",), "", "dns", ""),
        Refusal(30, 2, (), "192.0.2.1", "tcp", "22"),
        Refusal(20, 1, ("a.example.net",), "192.0.2.2", "tcp", "443"),
        Refusal(40, 1, (), "192.0.2.1", "udp", "53"),
        Refusal(40, 1, ("listed.corp.dev",), "", "dns", ""),
        Refusal(40, 1, ("x.crates.io",), "", "dns", ""),
        Refusal(40, 1, (), "2001:db8::1", "tcp", "8443"),
        Refusal(40, 1, ("two words",), "", "dns", ""),
    ]
    assert prompt.offers(found, lists) == [
        Offer("[2001:db8::1]:8443", 1, 40),
        Offer("192.0.2.1:22", 2, 30),
        Offer("a.example.net", 2, 20),
    ]


def test_a_resolver_is_never_offered(lists: Lists) -> None:
    """X-F2, X-F6: an entry for one is a way out for data inside names."""
    found = [
        Refusal(10, 1, (), "10.0.0.2", "tcp", "53", "resolver"),
        Refusal(10, 1, (), "10.0.0.2", "tcp", "443", "resolver"),
        Refusal(10, 1, (), "198.51.100.7", "tcp", "53"),
        Refusal(10, 1, ("listed.corp.dev",), "198.51.100.7", "tcp", "853"),
        Refusal(10, 1, ("dns.google",), "", "dns", ""),
        Refusal(10, 1, (), "8.8.8.8", "tcp", "443"),
        Refusal(10, 1, (), "2620:fe::fe", "tcp", "443"),
        Refusal(10, 1, ("odd.dns.nextdns.io",), "", "dns", ""),
    ]
    assert prompt.offers(found, lists) == []


def test_listed_host_with_a_private_address_is_offered_by_its_address(lists: Lists) -> None:
    """X-F6: its name is listed and does not help; nobody has to guess what does."""
    found = [Refusal(10, 2, ("listed.corp.dev",), "10.0.0.5", "tcp", "5000", "private")]
    (offer,) = prompt.offers(found, lists)
    assert offer == Offer("10.0.0.5:5000", 2, 10, ("listed.corp.dev",))
    assert prompt.title(offer).startswith("10.0.0.5:5000  (private address of listed.corp.dev, 2x, last ")


def test_every_listed_name_of_an_address_is_said(lists: Lists) -> None:
    """X-F6: nobody knows which was meant; below a wildcard there may be any number."""
    found = Refusal(9, 1, ("a.example.net", "b.example.net"), "192.0.2.1", "tcp", "22")
    assert refusals.words(found) == "tcp 192.0.2.1:22 (a.example.net, b.example.net)"
    assert [each.entry for each in prompt.offers([found], lists)] == [
        "a.example.net:22",
        "b.example.net:22",
    ]
    many = found._replace(names=tuple(f"n{number}.example.net" for number in range(9)))
    assert refusals.words(many).endswith("(n0.example.net, n1.example.net, n2.example.net and 6 more)")


@pytest.mark.parametrize(
    ("keys", "choice"),
    [
        (" \r\r", Choice(["a.example.net"], None)),
        (" \r\x1b[B\r", Choice(["a.example.net"], 0)),
        ("\x1b[B \r\x1b[B\x1b[B\r", Choice(["b.example.net"], 1800)),
        ("\r", None),
        ("\x03", None),
    ],
)
def test_choosing(keys: str, choice: Choice | None) -> None:
    """X-F6: which, then for how long; nothing chosen or Ctrl+C changes nothing."""
    offers = [Offer("a.example.net", 1, 0), Offer("b.example.net", 1, 0)]
    with create_pipe_input() as pipe:
        pipe.send_text(keys)
        assert prompt.ask(offers, None, input=pipe, output=DummyOutput()) == choice
