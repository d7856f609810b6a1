"""A person on a terminal decides about refused hosts; the firewall is a stand-in."""

from __future__ import annotations

import shlex
import time

import pytest

from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject
from tests.hostside.refusing import RefusingFirewall
from tests.support.terminal import Terminal
from tests.support.wait import until

__all__ = ["machine", "project"]

# A question ignores keys for a moment.
PAUSE = 0.6


@pytest.fixture
def firewall(project: FakeProject) -> RefusingFirewall:
    """A firewall with a list."""
    (project.folder / "allowed-domains.txt").write_text("listed.example.net\n")
    return RefusingFirewall(project)


def watch(firewall: RefusingFirewall, *arguments: str) -> Terminal:
    terminal = firewall.project.terminal("cli.firewall", "watch", *arguments)
    terminal.wait_for("Waiting for refusals")
    return terminal


def press(terminal: Terminal, key: str, entry: str) -> None:
    """Answers the question about an entry, as soon as it takes an answer."""
    terminal.wait_for(rf"Allow {entry.replace('.', '[.]')}\?")
    time.sleep(PAUSE)
    terminal.send(key)


@pytest.mark.parametrize(
    ("key", "told", "said"),
    [
        ("o", "add 0 a.example.net", "This ends when the firewall's container"),
        ("3", "add 1800 a.example.net", "This ends in 30 min"),
        (
            "a",
            "deny listed a.example.net",
            "Added to .aidevcontainer/allowed-domains.local.txt: a.example.net",
        ),
        ("P", "deny listed a.example.net", "Added to .aidevcontainer/allowed-domains.txt: a.example.net"),
    ],
)
def test_one_key_allows(firewall: RefusingFirewall, key: str, told: str, said: str) -> None:
    """X-F11: once, for a time, always for the person, always for the team."""
    with watch(firewall) as terminal:
        firewall.lookups("a.example.net")
        press(terminal, key, "a.example.net")
        terminal.wait_for(said)
        assert firewall.told() == [told]
        terminal.wait_gone("Allow a.example.net")
        terminal.key("ctrl-c")
        assert terminal.wait() == 0


@pytest.mark.parametrize("key", ["\r", "n", "N"])
def test_not_now_asks_no_more_about_the_host(firewall: RefusingFirewall, key: str) -> None:
    """X-F11: Enter is the safe answer, for every port."""
    with watch(firewall) as terminal:
        firewall.lookups("a.example.net")
        press(terminal, key, "a.example.net")
        terminal.wait_for("Not now: a.example.net")
        port = {"protocol": "tcp", "address": "192.0.2.1", "names": ["a.example.net"]}
        firewall.refuse({**port, "port": "8443"}, {"names": ["b.example.net"]})
        terminal.wait_for(r"(?m)Allow b\.example\.net\?$")
        assert firewall.told() == []


@pytest.mark.parametrize("typed", ["z", " ", "aa", "\x1b[A", "o3a", "\x04"])
def test_anything_else_is_no_answer(firewall: RefusingFirewall, typed: str) -> None:
    """X-F11: neither pasted text nor arrow keys."""
    with watch(firewall) as terminal:
        firewall.lookups("a.example.net")
        press(terminal, typed, "a.example.net")
        time.sleep(0.3)
        press(terminal, "n", "a.example.net")
        terminal.wait_for("Not now: a.example.net")
        assert firewall.told() == []


def test_answer_to_one_question_is_none_to_the_next(firewall: RefusingFirewall) -> None:
    """X-F11: of a key that repeats, or that was on its way, nothing is left."""
    with watch(firewall) as terminal:
        terminal.send("aaa")
        firewall.lookups("a.example.net", "b.example.net")
        press(terminal, "o", "a.example.net")
        terminal.wait_for(r"Allow b\.example\.net\?")
        terminal.send("o")
        time.sleep(PAUSE)
        press(terminal, "\r", "b.example.net")
        terminal.wait_for("Not now: b.example.net")
        assert firewall.told() == ["add 0 a.example.net"]


def test_others_wait_and_each_is_asked_once(firewall: RefusingFirewall) -> None:
    """X-F11: in the order in which they came; the question says who waits."""
    with watch(firewall) as terminal:
        firewall.lookups("a.example.net")
        terminal.wait_for(r"(?m)Allow a\.example\.net\?$")
        firewall.lookups("b.example.net", "c.example.net", "c.example.net")
        terminal.wait_for(r"(?m)Allow a\.example\.net\?  2 more wait: c\.example\.net, b\.example\.net$")
        for name in ("a", "b", "c"):
            press(terminal, "n", f"{name}.example.net")
        terminal.wait_for("Not now: c.example.net")
        terminal.wait_gone("Allow ")


def test_name_of_an_address_is_offered_with_the_port(firewall: RefusingFirewall) -> None:
    """X-F11: also of a request whose name was refused at an open address."""
    row = {
        "protocol": "tcp",
        "address": "192.0.2.1",
        "port": "8443",
        "names": ["listed.example.net", "x.org"],
    }
    gate = {"protocol": "tls", "reason": "name", "port": "443", "names": ["gate.example.net"]}
    with watch(firewall) as terminal:
        firewall.refuse({**row, "time": 1}, gate)
        press(terminal, "o", "listed.example.net:8443")
        press(terminal, "o", "gate.example.net")
        until(lambda: len(firewall.told()) == 2, terminal.screen)
        assert firewall.told() == ["add 0 listed.example.net:8443", "add 0 gate.example.net"]


def test_risk_is_said_before_the_answer(firewall: RefusingFirewall) -> None:
    """X-F11: and a resolver is never offered."""
    with watch(firewall) as terminal:
        firewall.lookups("dns.google", "x.ngrok.io")
        terminal.wait_for(r"(?sm)opens a way out to everywhere.*Allow x\.ngrok\.io\?$")
        assert "dns.google (not on the list)" in terminal.screen()


def test_what_no_answer_can_allow_is_only_shown(firewall: RefusingFirewall) -> None:
    """X-F11: once, and no more than a person can read."""
    ports = [{"protocol": "udp", "address": "192.0.2.1", "port": str(port)} for port in range(1, 400)]
    with watch(firewall) as terminal:
        firewall.refuse(*ports)
        terminal.wait_for(r"udp 192\.0\.2\.1:")
        terminal.wait_for("The firewall refused 389 more. See them:", 20)
        assert terminal.screen().count("udp 192.0.2.1:") == 10
        assert "Allow" not in terminal.screen()


def test_a_flood_is_counted_and_skipped_with_one_key(firewall: RefusingFirewall) -> None:
    """X-F11: thousands of names leave a screen that a person can read."""
    with watch(firewall) as terminal:
        firewall.lookups(*(f"n{number}.example.net" for number in range(4000)))
        terminal.wait_for(r"49 more wait \(3950 refusals did not fit\)")
        assert len(terminal.screen().splitlines()) < 8
        press(terminal, "s", "n0.example.net")
        terminal.wait_for("Skipped all. You are asked nothing for 5 min")
        firewall.lookups("late.example.net")
        time.sleep(1.5)
        assert "late" not in terminal.screen()


def test_listed_host_is_not_asked_about(firewall: RefusingFirewall) -> None:
    """X-F11: a list that was edited by hand is not in force."""
    with watch(firewall) as terminal:
        firewall.lookups("listed.example.net", "other.example.net")
        terminal.wait_for("listed.example.net is on the allowlist now. If it stays refused")
        terminal.wait_for(r"Allow other\.example\.net\?")


def test_failed_answer_is_asked_again(firewall: RefusingFirewall) -> None:
    """X-F11: a sentence, and the question stays."""
    firewall.fails()
    with watch(firewall) as terminal:
        firewall.lookups("a.example.net")
        press(terminal, "3", "a.example.net")
        terminal.wait_for(r"(?sm)The firewall did not answer.*Allow a\.example\.net\?$")


def test_keys_are_explained(firewall: RefusingFirewall) -> None:
    """X-F11: with the way back from never."""
    with watch(firewall) as terminal:
        firewall.lookups("a.example.net")
        press(terminal, "?", "a.example.net")
        terminal.wait_for(r"(?s)allow it for 30 minutes.*watch --ask-again.*Allow a\.example\.net\?")


def test_never_survives_and_can_be_taken_back(firewall: RefusingFirewall) -> None:
    """X-F11: outside the project, which the agent can write."""
    with watch(firewall) as terminal:
        firewall.lookups("a.example.net")
        press(terminal, "v", "a.example.net")
        terminal.wait_for("never asked about a.example.net again. To undo this: .*--ask-again")
    for options, asked in (([], "b"), (["--ask-again"], "a")):
        with watch(firewall, *options) as terminal:
            firewall.refuse(
                {"count": 2, "names": ["a.example.net"]}, {"count": 4, "names": ["b.example.net"]}
            )
            terminal.wait_for(rf"Allow {asked}\.example\.net\?")


def test_no_escape_sequence_of_the_agent_reaches_the_terminal(firewall: RefusingFirewall) -> None:
    """X-F11: names are data, in lines, questions and notifications."""
    with watch(firewall, "--notify") as terminal:
        firewall.lookups("x\x1b]0;owned\x07\x1b[2J\u202ey.example.org", "good.example.org")
        firewall.refuse({"protocol": "\x1b[2J", "address": "\x9b2J", "port": "\x07", "names": ["\x1bc"]})
        terminal.wait_for(r"Allow good\.example\.org\?")
        assert b"\x1b]0" not in terminal.raw
        assert b"\x1b[2J" not in terminal.raw
        assert b"\x1bc" not in terminal.raw


def test_end_of_the_firewall_is_one_sentence(firewall: RefusingFirewall) -> None:
    """X-F11: also while a question is open; the terminal echoes again."""
    with watch(firewall) as terminal:
        firewall.lookups("a.example.net")
        terminal.wait_for(r"Allow a\.example\.net\?")
        firewall.end()
        assert terminal.wait() == 1
        assert "Allow" not in terminal.screen()
        assert terminal.screen().count("\naidevcontainer: The firewall's container ended") == 1


def test_one_key_is_enough_again_after_ctrl_z(firewall: RefusingFirewall) -> None:
    """X-F11: the shell changes the terminal meanwhile."""
    project = firewall.project
    command = shlex.join(project.command_line("cli.firewall", "watch"))
    environment = {**project.machine.environment, "TERM": "xterm"}
    with Terminal(["bash", "--norc", "-i"], cwd=project.root, env=environment) as terminal:
        terminal.send(f"clear; {command}\r")
        terminal.wait_for("Waiting for refusals")
        terminal.key("ctrl-z")
        terminal.wait_for("Stopped")
        terminal.send("stty sane; clear; fg\r")
        firewall.lookups("a.example.net")
        press(terminal, "o", "a.example.net")
        until(lambda: firewall.told() == ["add 0 a.example.net"], terminal.screen)
