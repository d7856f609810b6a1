"""Moments in time as text."""

from __future__ import annotations

import time

import pytest

from aidevcontainer.util import moments


@pytest.mark.parametrize(
    ("zone", "local"), [("UTC0", "2026-11-29 09:03:07"), ("EST5", "2026-11-29 04:03:07")]
)
def test_people_read_their_own_time_and_programs_utc(
    monkeypatch: pytest.MonkeyPatch, zone: str, local: str
) -> None:
    """X-F6, X-F9: the same moment in a line of the log and in its JSON."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert moments.for_people(1795942987) == local
        assert moments.for_programs(1795942987) == "2026-11-29T09:03:07Z"
    finally:
        monkeypatch.undo()
        time.tzset()
