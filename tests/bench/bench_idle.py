"""What both containers cost while nobody works: memory and processor time over ten minutes.

`python3 tests --bench idle`
"""

from __future__ import annotations

import time

import pytest

from tests.support import claude_screens
from tests.support.project import SIGNED_IN, Project
from tests.support.wait import until

from . import usage
from .conftest import quick
from .report import Report, Row

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

SECONDS, SECONDS_WITH_SESSION, SECONDS_QUICK = 600, 60, 20
LOOKS = 10  # at the memory, evenly spread
# MB, and percent of one processor, of the two containers together.
MOST_MEMORY, MOST_PROCESSOR = 32, 2


def test_nobody_works(project: Project, report: Report, request: pytest.FixtureRequest) -> None:
    """Both containers up, no session."""
    seconds = SECONDS_QUICK if quick(request) else SECONDS
    memory, processor = watch(project, seconds)
    section = f"Both containers, no session, over {seconds} seconds"
    tell(report, section, memory, processor)
    expected(report, section, sum(max(values) for values in memory.values()), sum(processor.values()))


def test_a_session_waits(at_prompt: Project, report: Report, request: pytest.FixtureRequest) -> None:
    """Claude's prompt on a terminal, and nobody types. What Claude itself needs is in it."""
    seconds = SECONDS_QUICK if quick(request) else SECONDS_WITH_SESSION
    with at_prompt.session(env=SIGNED_IN) as terminal:
        terminal.wait_for(claude_screens.PROMPT)
        memory, processor = watch(at_prompt, seconds)
        claude_screens.leave(terminal)
    tell(report, f"Both containers, one session at its prompt, over {seconds} seconds", memory, processor)


def watch(project: Project, seconds: float) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return by container the memory at several moments in MB, and the processor in percent of one."""
    busy = ("pgrep", "-f", "prove|check-names|init-firewall")
    until(lambda: project.in_firewall(*busy).code != 0, project.status, 60)
    names = {"firewall": project.firewall, "agent": project.claude}
    started = time.monotonic()
    looks = {part: [usage.of_container(name)] for part, name in names.items()}
    for _ in range(LOOKS):
        time.sleep(seconds / LOOKS)
        for part, name in names.items():
            looks[part].append(usage.of_container(name))
    took = time.monotonic() - started
    memory = {part: [look.memory for look in seen] for part, seen in looks.items()}
    processor = {part: (seen[-1].processor - seen[0].processor) / took * 100 for part, seen in looks.items()}
    return memory, processor


def tell(report: Report, section: str, memory: dict[str, list[float]], processor: dict[str, float]) -> None:
    """Write down what each container needs."""
    for part, values in memory.items():
        report.add(section, Row(f"memory of programs, {part}", "MB", values, tolerance=2))
    for part, percent in processor.items():
        row = Row(f"processor, {part}", "%", [percent], note="of one processor", tolerance=0.5)
        report.add(section, row)


def expected(report: Report, section: str, memory: float, processor: float) -> None:
    """Hold both containers together to what is expected."""
    kept = (
        ("memory of programs, together, at most", "MB", memory, MOST_MEMORY),
        ("processor, together", "%", processor, MOST_PROCESSOR),
    )
    for what, unit, value, most in kept:
        expect = f"at most {most} {unit}"
        row = Row(what, unit, [value], tolerance=most / 10)
        report.add(section, row.expected(expect, most=most))
