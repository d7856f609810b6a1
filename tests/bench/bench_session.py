"""How long a session takes to open in a running container, against what one would type without the helper.

`python3 tests --bench session`
"""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.project import Project

from .report import Report
from .turns import Rounds, measure, milliseconds

pytestmark = pytest.mark.engine

HELPER, COMPOSE, BARE = "./.aidevcontainer/claude", "docker compose exec", "docker exec"
ROUNDS = 10


def test_opening_a_session(project: Project, report: Report, rounds: Rounds) -> None:
    """X-P1: the three ways in turn, by Claude's --version, which does nothing else."""
    ways = {
        HELPER: [str(project.scaffold / "claude"), "--version"],
        COMPOSE: ["docker", "compose", "exec", "-T", "claude", "claude", "--version"],
        BARE: ["docker", "exec", project.claude, "claude", "--version"],
    }

    def opens(*command: str) -> None:
        assert "Claude Code" in project.run(*command, cwd=project.scaffold).checked().out

    timed = {what: partial(milliseconds, partial(opens, *line)) for what, line in ways.items()}
    took = measure(rounds(ROUNDS), timed)
    section = "Open a session in a running container"
    report.compare(section, "ms", {what: took[what] for what in (HELPER, COMPOSE)}, COMPOSE, {HELPER: 0.75})
    report.compare(section, "ms", {what: took[what] for what in (HELPER, BARE)}, BARE, {HELPER: 1.3})
