"""A person decides live: `firewall watch` on a real terminal, with a real agent that is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.support.project import Project
from tests.support.terminal import Terminal
from tests.support.wait import until

pytestmark = pytest.mark.engine

BEGIN = "Waiting for refusals"
# Longer than a question ignores keys.
PAUSE = 0.6


@pytest.fixture
def mine(project: Project) -> Iterator[Project]:
    """The shared project, whose firewall forgets what a person allowed here."""
    yield project
    status = json.loads(project.helper("firewall", "status", "--json").out)
    for each in status["temporary"]:
        project.helper("firewall", "deny", each["entry"]).checked()


def watch(project: Project, *arguments: str) -> Terminal:
    """Starts it on a terminal, and waits until it watches."""
    terminal = project.terminal(".aidevcontainer/firewall", "watch", *arguments)
    terminal.wait_for(BEGIN)
    until(lambda: "read -r _" in project.in_firewall("ps").out, terminal.screen)
    return terminal


def asks(project: Project, host: str) -> int:
    """Has the agent ask for a web page, and returns curl's exit code."""
    return project.inside("curl", "-sSk", "-m", "5", f"https://{host}/").code


def leave(terminal: Terminal) -> None:
    """Presses Ctrl+C and checks that this is an ordinary end."""
    terminal.key("ctrl-c")
    assert terminal.wait() == 0
    assert "Traceback" not in terminal.screen()


def test_person_allows_what_was_refused_and_the_next_try_works(mine: Project) -> None:
    """X-F11: a refusal shows within a second; one key allows the host for 30 minutes."""
    with watch(mine) as terminal:
        assert asks(mine, "unlisted.example.net") != 0
        refused = time.monotonic()
        terminal.wait_for(r"Allow unlisted\.example\.net\?", 5)
        assert time.monotonic() - refused < 1
        time.sleep(PAUSE)
        terminal.send("3")
        terminal.wait_for("This ends in 30 min")
        assert asks(mine, "unlisted.example.net") == 0
        leave(terminal)
    status = json.loads(mine.helper("firewall", "status", "--json").out)
    assert [each["entry"] for each in status["temporary"] if each["until"]] == ["unlisted.example.net"]
    until(lambda: "read -r _" not in mine.in_firewall("ps").out, lambda: mine.in_firewall("ps").out)


def test_typed_ahead_keys_are_no_answer(mine: Project) -> None:
    """X-F11: nobody allowed what they had not seen; Enter allows nothing."""
    with watch(mine) as terminal:
        terminal.send("aaaooo333")
        asks(mine, "evil.example.com")
        terminal.wait_for(r"Allow evil\.example\.com\?", 5)
        # A key that repeats, or that was on its way.
        terminal.send("a")
        time.sleep(PAUSE)
        assert "Allowed" not in terminal.screen()
        terminal.key("enter")
        terminal.wait_for("Not now: evil.example.com")
        leave(terminal)
    status = json.loads(mine.helper("firewall", "status", "--json").out)
    assert status["temporary"] == []
    assert "evil.example.com" not in mine.read(".aidevcontainer/allowed-domains.local.txt")


def test_never_asked_again_survives_a_restart(mine: Project) -> None:
    """X-F11: until the person takes it back; the agent sees no file of it."""
    with watch(mine) as terminal:
        asks(mine, "never.example.org")
        terminal.wait_for(r"Allow never\.example\.org\?", 5)
        time.sleep(PAUSE)
        terminal.send("v")
        terminal.wait_for("You are never asked about never.example.org again. To undo this")
        leave(terminal)
    with watch(mine) as terminal:
        asks(mine, "never.example.org")
        asks(mine, "other.example.org")
        terminal.wait_for(r"Allow other\.example\.org\?", 5)
        assert "never.example.org" not in terminal.screen()
        leave(terminal)
    with watch(mine, "--ask-again") as terminal:
        assert "You are asked again about: never.example.org" in terminal.screen()
        asks(mine, "never.example.org")
        terminal.wait_for(r"Allow never\.example\.org\?", 5)
        leave(terminal)


def test_flood_of_names_stays_usable(mine: Project) -> None:
    """X-F11: the agent cannot bury the person in questions; what is left out is counted."""
    names = "for i in $(seq 400); do echo n$i.example.org; done >/tmp/n; dig +tries=1 +time=1 -f /tmp/n"
    with watch(mine) as terminal:
        mine.inside("sh", "-c", names)
        terminal.wait_for(r"49 more wait \([0-9]+ refusals did not fit\): n", 10)
        assert len(terminal.screen().splitlines()) < 12
        time.sleep(PAUSE)
        terminal.send("s")
        terminal.wait_for("Skipped all")
        leave(terminal)


def test_firewall_that_ends_is_told_in_a_sentence(mine: Project) -> None:
    """X-F11: when what it watches is gone."""
    with watch(mine) as terminal:
        mine.in_firewall("pkill", "-f", "read -r _", check=True)
        assert terminal.wait() == 1
        assert "The firewall's container ended" in terminal.screen()


def test_session_ends_with_the_number_of_refused_hosts(mine: Project) -> None:
    """X-F11: one line on a terminal, only if something was refused, and none with -q."""
    curl = "curl -sS https://evil.example.com https://evil.example.com https://unlisted.example.net; true"
    container = ".aidevcontainer/container"
    said = "The firewall refused 2 hosts in this session. See: ./.aidevcontainer/firewall log"
    for options, command, expected in (
        ([], curl, True),
        (["-q"], curl, False),
        ([], "true", False),
    ):
        # A refusal of the second in which a session starts counts.
        time.sleep(1.1)
        line = f"{container} {' '.join(options)} shell -- sh -c '{command}'; echo ended; sleep 3"
        with mine.terminal("sh", "-c", line) as terminal:
            terminal.wait()
            assert (said in terminal.screen()) is expected, terminal.screen()
