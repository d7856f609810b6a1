"""How often something may happen."""

from __future__ import annotations

from aidevcontainer.util.pace import Pace


def test_more_than_allowed_is_held_back_and_counted() -> None:
    """X-F11: the count comes once, when the time is over."""
    pace = Pace(2, 10)
    assert [pace.lets_through(100 + number) for number in range(5)] == [True, True, False, False, False]
    assert pace.held_back(105) == 0
    assert pace.held_back(111) == 3
    assert pace.held_back(112) == 0
    assert pace.lets_through(113)


def test_nothing_is_counted_where_all_passed() -> None:
    """X-F11: no line about nothing."""
    pace = Pace(1, 10)
    assert pace.lets_through(0)
    assert pace.lets_through(20)
    assert pace.held_back(40) == 0
