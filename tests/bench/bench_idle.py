"""What both containers cost while nobody works: memory and processor time over ten minutes.

`python3 tests --bench idle`
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Sequence

import pytest

from tests.support import claude_screens
from tests.support.firewall import BEHIND
from tests.support.project import SIGNED_IN, Project
from tests.support.wait import until

from . import usage
from .conftest import quick
from .report import Report, Row

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

SECONDS, SECONDS_WITH_SESSION, SECONDS_QUICK = 600, 120, 20
LOOKS = 10  # evenly spread; what the processor did in between is a round of its own
# MB, and percent of one processor, of the two containers together.
MOST_MEMORY, MOST_PROCESSOR = 32, 2


Parts = dict[str, list[float]]
"""By container a value for each look, or for each time between two."""


def test_nobody_works(project: Project, report: Report, request: pytest.FixtureRequest) -> None:
    """Both containers up, no session."""
    seconds = SECONDS_QUICK if quick(request) else SECONDS
    memory, processor = watch(project, seconds)
    title = f"No session, over {seconds} seconds"
    tell(report, title, memory, processor)
    most = Row("together, at most", "MB", [sum(map(max, memory.values()))], tolerance=MOST_MEMORY / 10)
    report.add(f"{title}: memory of programs", most.expected(f"at most {MOST_MEMORY} MB", most=MOST_MEMORY))
    whole = Row("together, on average", "%", [sum(map(statistics.mean, processor.values()))])
    report.add(f"{title}: processor", whole.expected(f"at most {MOST_PROCESSOR} %", most=MOST_PROCESSOR))


def test_a_session_waits(at_prompt: Project, report: Report, request: pytest.FixtureRequest) -> None:
    """Claude's prompt on a terminal, and nobody types. What Claude itself needs is in it."""
    seconds = SECONDS_QUICK if quick(request) else SECONDS_WITH_SESSION
    with at_prompt.session(env=SIGNED_IN) as terminal:
        terminal.wait_for(claude_screens.PROMPT)
        memory, processor = watch(at_prompt, seconds)
        claude_screens.leave(terminal)
    tell(report, f"One session at its prompt, over {seconds} seconds", memory, processor)


def watch(project: Project, seconds: float) -> tuple[Parts, Parts]:
    """Return the memory at each look in MB, and the processor between two of them in percent of one."""
    until(lambda: project.in_firewall(*BEHIND).code != 0, project.status, 60)
    names = {"firewall": project.firewall, "agent": project.claude}
    moments = [time.monotonic()]
    looks = {part: [usage.of_container(name)] for part, name in names.items()}
    for _ in range(LOOKS):
        time.sleep(seconds / LOOKS)
        moments.append(time.monotonic())
        for part, name in names.items():
            looks[part].append(usage.of_container(name))
    memory = {part: [look.memory for look in seen] for part, seen in looks.items()}
    return memory, {part: busy(seen, moments) for part, seen in looks.items()}


def busy(seen: Sequence[usage.Idle], moments: Sequence[float]) -> list[float]:
    """Return the percent of one processor between each look and the next."""
    return [
        (after.processor - before.processor) / (end - begin) * 100
        for (before, after), (begin, end) in zip(
            itertools.pairwise(seen), itertools.pairwise(moments), strict=False
        )
    ]


def tell(report: Report, title: str, memory: Parts, processor: Parts) -> None:
    """Write down what each container needs."""
    for part, values in memory.items():
        report.add(f"{title}: memory of programs", Row(part, "MB", values, tolerance=2))
    for part, values in processor.items():
        row = Row(part, "%", values, note="of one processor", tolerance=0.5)
        report.add(f"{title}: processor", row)
