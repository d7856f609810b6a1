"""What a day of work leaves behind: sessions, reloads and restarts, and then what is more than before.

What leaks may not grow at all; memory and disk are held to a bound. `python3 tests --bench churn`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import claude_screens
from tests.support.docker import docker
from tests.support.firewall import BEHIND
from tests.support.project import SIGNED_IN, Project
from tests.support.wait import until

from . import usage
from .conftest import quick
from .report import Report, Row
from .usage import Holdings

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

SESSIONS, RELOADS, RESTARTS = 1000, 200, 50
QUICK = 20  # times less of everything
REAL = 3  # sessions that reach the prompt
AT_ONCE = 4
HOST = "a.churn.example.org"
# MB that a kind of thing may grow by. A session that reached the prompt leaves what it did to the next one.
BOUNDS = {usage.FIREWALL_MEMORY: 8.0, usage.AGENT_MEMORY: 8.0, usage.DISK: 5.0, usage.LOG: 1.0}


def quick_session(project: Project) -> None:
    """Open a session that ends at once."""
    assert "Claude Code" in project.helper("claude", "--version").checked().out


def real_session(project: Project) -> None:
    """Open a session as a person does, and leave it."""
    with project.session(env=SIGNED_IN) as terminal:
        claude_screens.reach_prompt(terminal)
        claude_screens.leave(terminal)


def sessions(project: Project, count: int) -> None:
    """Open and leave sessions, several at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for each in [pool.submit(quick_session, project) for _ in range(count - REAL)]:
            each.result()
    for _ in range(REAL):
        real_session(project)


def reloads(project: Project, count: int) -> None:
    """Add a line to the list and take it away, in turn."""
    for number in range(count):
        project.allow(*([] if number % 2 else [HOST]))
        project.reload()


def restarts(project: Project, count: int) -> None:
    """Restart the agent's container, then the firewall's; a session then brings both together again."""
    for _ in range(count):
        docker("restart", "--time", "2", project.claude)
        docker("restart", "--time", "2", project.firewall)
        quick_session(project)


DAY: Mapping[str, tuple[Callable[[Project, int], None], int]] = {
    "sessions": (sessions, SESSIONS),
    "reloads": (reloads, RELOADS),
    "restarts of each part": (restarts, RESTARTS),
}


@pytest.fixture(scope="module")
def warm(at_prompt: Project) -> Project:
    """The project with everything behind it that is done once."""
    sessions(at_prompt, REAL + 4)
    reloads(at_prompt, 4)
    restarts(at_prompt, 1)
    return at_prompt


def test_a_days_churn(warm: Project, report: Report, request: pytest.FixtureRequest) -> None:
    """Nothing grows with the number of sessions, reloads and restarts."""
    before = settled(warm)
    for what, (work, usual) in DAY.items():
        count = usual // QUICK if quick(request) else usual
        work(warm, count)
        after = settled(warm)
        tell(report, f"More than before, after {count:,} {what}", before, after)
        before = after


def settled(project: Project) -> Holdings:
    """Return what there is once nothing goes on behind any more."""
    until(lambda: project.in_firewall(*BEHIND).code != 0, project.status, 60)
    until(lambda: usage.sessions_ended(project), project.processes, 30)
    return usage.holdings(project)


def tell(report: Report, section: str, before: Holdings, after: Holdings) -> None:
    """Write down how much each kind grew, by how much of what, and what there was."""
    for (kind, unit), were in before.items():
        # What became less somewhere makes up for nothing elsewhere.
        grown = {what: max(0, after[kind, unit].get(what, 0) - was) for what, was in were.items()}
        bound = BOUNDS.get(kind, 0)
        most = f"at most {bound:g} {unit} more".replace("  ", " ") if bound else "none more"
        parts = [f"{what} +{more:.3g}" for what, more in grown.items() if more]
        note = "; ".join([f"{sum(were.values()):,.4g} before", ", ".join(parts)]).removesuffix("; ")
        row = Row(kind, unit, [sum(grown.values())], note=note, tolerance=bound or 1)
        report.add(section, row.expected(most, most=bound))
