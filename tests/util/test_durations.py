"""Lengths of time on a command line."""

from __future__ import annotations

import pytest

from aidevcontainer.util import durations
from aidevcontainer.util.errors import Problem


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2H", 7200), ("1d", 86400)])
def test_spans(text: str, seconds: int) -> None:
    """X-F6: as people write them."""
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "-1m", "0s", "1.5h", "31d", "1w", "9" * 9 + "s"])
def test_what_is_no_span(text: str) -> None:
    """X-F6: wrong usage."""
    with pytest.raises(Problem, match="not a length of time") as caught:
        durations.seconds(text)
    assert caught.value.code == 2
