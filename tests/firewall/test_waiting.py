"""Refused hosts that wait for an answer."""

from __future__ import annotations

from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.firewall.waiting import Waiting


def lookup(name: str) -> Refusal:
    return Refusal(1, 1, (name,), "", "dns", "")


def connection(name: str, port: str) -> Refusal:
    return Refusal(1, 1, (name,), "192.0.2.1", "tcp", port)


def queued(waiting: Waiting) -> list[str]:
    first = waiting.next()
    return [each.entry for each in ([first] if first else []) + waiting.behind()]


def test_first_come_first_asked_and_once() -> None:
    """X-F11: however often it is refused."""
    waiting = Waiting()
    assert [waiting.add(name, lookup(name), 0) for name in ("b.org", "a.org", "b.org")] == [True, True, False]
    assert queued(waiting) == ["b.org", "a.org"]


def test_allowed_entry_is_asked_again_when_its_time_is_over() -> None:
    """X-F11: another port of the host at once."""
    waiting = Waiting()
    waiting.add("a.org", lookup("a.org"), 0)
    waiting.allowed("a.org", 100)
    assert not waiting.add("a.org", lookup("a.org"), 99)
    assert waiting.add("a.org:22", connection("a.org", "22"), 99)
    assert waiting.add("a.org", lookup("a.org"), 100)


def test_declined_host_is_declined_with_every_port() -> None:
    """X-F11: a scan of its ports is not a thousand questions."""
    waiting = Waiting()
    for port in ("22", "23"):
        waiting.add(f"a.org:{port}", connection("a.org", port), 0)
    waiting.decline("a.org")
    assert queued(waiting) == []
    assert not waiting.add("a.org:24", connection("a.org", "24"), 10**9)


def test_flood_is_counted() -> None:
    """X-F11: memory has a limit; the count is told when nothing waits any more."""
    waiting = Waiting()
    for number in range(9000):
        waiting.add(f"n{number}.org", lookup(f"n{number}.org"), 0)
    assert (len(queued(waiting)), waiting.left_out, waiting.take_left_out(0)) == (50, 8950, 0)
    waiting.pause(300)
    assert queued(waiting) == []
    assert not waiting.add("late.org", lookup("late.org"), 299)
    assert waiting.take_left_out(299) == 0
    assert waiting.take_left_out(300) == 8951
    assert waiting.add("late.org", lookup("late.org"), 300)
