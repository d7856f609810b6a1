"""The question about a refused host."""

from __future__ import annotations

from aidevcontainer.firewall import question
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.firewall.waiting import WaitingRefusal


def waiting(entry: str) -> WaitingRefusal:
    return WaitingRefusal(entry, entry, Refusal(1, 1, (entry,), "", "dns", ""))


def test_every_key_is_shown_and_explained() -> None:
    """X-F11: what a person can press."""
    keys = [*question.ALLOWING, question.NOT_NOW, question.NEVER, question.SKIP]
    assert all(f"[{key}]" in question.KEYS for key in [*keys, question.HELP])
    assert [line.split()[0] for line in question.explanation().splitlines()] == keys
    assert len(question.KEYS) < 80


def test_title_shows_the_end_of_names_that_wait() -> None:
    """X-F11: the agent chooses the start of a name."""
    long = f"{'good.example.' * 9}evil.org"
    said = question.title(waiting("a.org"), [waiting("b.org"), waiting(long)], 7)
    assert said.startswith("Allow a.org?  2 more wait (7 refusals did not fit): …")
    assert said.endswith("evil.org, b.org")
    assert len(said) < 120
