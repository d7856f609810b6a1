"""Words that count for a time."""

from __future__ import annotations

from aidevcontainer.util.expiring import Expiring


def test_word_counts_until_its_time() -> None:
    """X-F11: and can get another one."""
    words = Expiring()
    words.add("a", 10)
    assert (words.has("a", 9), words.has("a", 10), words.has("b", 0)) == (True, False, False)
    words.add("a", 20)
    assert words.has("a", 15)


def test_memory_has_a_limit() -> None:
    """X-F11: the agent chooses names without end; the newest count."""
    words = Expiring()
    for number in range(5000):
        words.add(str(number), 10)
    counted = [number for number in range(5000) if words.has(str(number), 0)]
    assert counted == list(range(4000, 5000))
