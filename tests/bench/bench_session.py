"""How long a session takes to open in a running container, against what one would type without the helper.

Not part of the gate, since a busy machine decides as much as the code:
`python3 tests tests/bench/bench_session.py -s`
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence

import pytest

from tests.support.project import Project

pytestmark = pytest.mark.engine

ROUNDS = 15


def seconds(project: Project, command: Sequence[str]) -> float:
    """Return how long a command takes that prints Claude's version."""
    started = time.monotonic()
    assert "Claude Code" in project.run(*command, cwd=project.scaffold).checked().out
    return time.monotonic() - started


def test_opening_a_session(project: Project) -> None:
    """X-P1: the three ways in turn, so that what disturbs one disturbs all; medians, ratios to Compose."""
    ways = {
        "./.aidevcontainer/claude": [str(project.scaffold / "claude"), "--version"],
        "docker exec": ["docker", "exec", project.claude, "claude", "--version"],
        "docker compose exec": ["docker", "compose", "exec", "-T", "claude", "claude", "--version"],
    }
    rounds = [{way: seconds(project, command) for way, command in ways.items()} for _ in range(ROUNDS)]
    median = {way: statistics.median(row[way] for row in rounds) for way in ways}
    compose = median["docker compose exec"]
    for way, value in median.items():
        sys.stdout.write(
            f"\n{way:<26} {value * 1000:6.0f} ms   {value / compose:4.2f} of docker compose exec"
        )
    sys.stdout.write("\n")
    assert median["./.aidevcontainer/claude"] < compose
