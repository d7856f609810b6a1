"""From nothing running to Claude's prompt, the image being there, against Compose as a person would type it.

`python3 tests --bench start`
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.support import claude_screens
from tests.support.project import SIGNED_IN, Project
from tests.support.run import Finished
from tests.support.terminal import Terminal

from .conftest import quick
from .report import Report
from .turns import Rounds, measure

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

HELPER, COMPOSE = "./.aidevcontainer/claude", "docker compose up -d && docker compose exec"
COMPOSE_EXEC = "docker compose exec"
# What Compose needs a person to type, with the sign-in handed on as the helper does it.
TYPED = "docker compose up --detach && exec docker compose exec {options} claude claude {arguments}"
ROUNDS, ROUNDS_AT_ONCE = 4, 5
AT_ONCE = (1, 5, 20)
PATIENCE = 120  # seconds
STARTS = "Starting the firewall."


def removed(project: Project) -> None:
    """Leave no container."""
    project.down()


def stopped(project: Project) -> None:
    """Leave both containers, stopped, as a restart of the machine's engine may."""
    project.compose("stop").checked()


def by_helper(project: Project) -> Terminal:
    """Open a session as a person does with the helper."""
    return project.session(env=SIGNED_IN)


def by_compose(project: Project) -> Terminal:
    """Start and open a session as a person does without it."""
    line = TYPED.format(options="-e ANTHROPIC_API_KEY", arguments="")
    return project.terminal("sh", "-c", line, cwd=project.scaffold, env=SIGNED_IN)


def to_the_prompt(
    project: Project, prepare: Callable[[Project], None], start: Callable[[Project], Terminal]
) -> float:
    """Return the seconds from a state until Claude's prompt is on the screen."""
    prepare(project)
    started = time.perf_counter()
    with start(project) as terminal:
        terminal.wait_for(claude_screens.PROMPT, PATIENCE)
        took = time.perf_counter() - started
        claude_screens.leave(terminal)
    return took


@pytest.mark.parametrize("prepare", [removed, stopped])
def test_to_the_prompt(
    at_prompt: Project, report: Report, rounds: Rounds, prepare: Callable[[Project], None]
) -> None:
    """A person starts their day: nothing runs, and then there is Claude's prompt on the terminal."""
    ways = {HELPER: by_helper, COMPOSE: by_compose}
    timed = {what: partial(to_the_prompt, at_prompt, prepare, start) for what, start in ways.items()}
    section = f"To the prompt, the containers being {prepare.__name__}"
    report.compare(section, "s", measure(rounds(ROUNDS), timed), COMPOSE, {HELPER: 1})


def test_to_the_first_answer(at_prompt: Project, report: Report, rounds: Rounds) -> None:
    """The same up to the output of a command that ends at once, which leaves Claude's own start out."""
    line = TYPED.format(options="-T", arguments="--version")
    ways = {HELPER: [str(at_prompt.scaffold / "claude"), "--version"], COMPOSE: ["sh", "-c", line]}
    timed = {what: partial(to_an_answer, at_prompt, command) for what, command in ways.items()}
    section = "To the output of `--version`, the containers being removed"
    report.compare(section, "s", measure(rounds(ROUNDS), timed), COMPOSE, {HELPER: 1})


def to_an_answer(project: Project, command: list[str]) -> float:
    """Return the seconds until a command without a terminal has ended, from nothing running."""
    removed(project)
    started = time.perf_counter()
    assert "Claude Code" in project.run(*command, cwd=project.scaffold, timeout=PATIENCE).checked().out
    return time.perf_counter() - started


def helper(project: Project) -> Finished:
    """Open a session that ends at once."""
    return project.helper("claude", "--version", timeout=PATIENCE)


def compose_exec(project: Project) -> Finished:
    """Do the same with Compose, which needs everything to run."""
    return project.compose("exec", "-T", "claude", "claude", "--version", timeout=PATIENCE)


def at_once(
    project: Project, count: int, opened: Callable[[Project], Finished]
) -> tuple[float, list[Finished]]:
    """Return the seconds until so many sessions, begun at once, have all ended, and how they did."""
    started = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        done = [each.result() for each in [pool.submit(opened, project) for _ in range(count)]]
    took = time.perf_counter() - started
    assert all("Claude Code" in each.checked().out for each in done)
    return took, done


def all_ended(project: Project, count: int, opened: Callable[[Project], Finished]) -> float:
    """Return the seconds alone."""
    return at_once(project, count, opened)[0]


OPENINGS = {HELPER: helper, COMPOSE_EXEC: compose_exec}


def test_sessions_at_once(
    at_prompt: Project, report: Report, rounds: Rounds, request: pytest.FixtureRequest
) -> None:
    """Many sessions begun at once in a running container, against Compose."""
    for count in AT_ONCE[:2] if quick(request) else AT_ONCE:
        ways = {what: partial(all_ended, at_prompt, count, way) for what, way in OPENINGS.items()}
        section = f"{count} at once in a running container, until all have ended"
        took = measure(rounds(ROUNDS_AT_ONCE), ways)
        report.compare(section, "s", took, COMPOSE_EXEC, {HELPER: 1})


def test_starts_at_once(
    at_prompt: Project, report: Report, rounds: Rounds, request: pytest.FixtureRequest
) -> None:
    """Many sessions begun at once from nothing running: each gets its session, and one of them starts."""
    counts = AT_ONCE[:2] if quick(request) else AT_ONCE
    ways = {f"{count} at once": partial(one_start, at_prompt, count) for count in counts}
    took = measure(rounds(ROUNDS_AT_ONCE), ways)
    note = "each got its session, and one of them started the containers"
    report.compare(
        "From nothing running, until all have ended", "s", took, f"{AT_ONCE[0]} at once", note=note
    )


def one_start(project: Project, count: int) -> float:
    """Return the seconds until all have ended; fail unless exactly one of them started the containers."""
    removed(project)
    took, done = at_once(project, count, helper)
    assert sum(STARTS in each.err for each in done) == 1, [each.err for each in done]
    return took
