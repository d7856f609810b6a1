"""Moments in time, in seconds since 1970, as text."""

from __future__ import annotations

import time


def for_programs(seconds: int) -> str:
    """Returns a moment as JSON has it: ISO 8601, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def for_people(seconds: int) -> str:
    """Returns a moment as a line of a log has it, in the person's time zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
