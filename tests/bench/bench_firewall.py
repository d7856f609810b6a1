"""What the firewall costs, against the common way of writing one: a start, a reload, memory, packets.

`python3 tests --bench firewall`
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

import pytest

from tests.support.docker import docker, inspect
from tests.support.firewall import BEHIND
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.wait import until

from . import names, timed
from .conftest import quick
from .report import Report, Row, in_turn
from .timed import TimedFirewall
from .traffic import Way
from .turns import Rounds, measure, milliseconds

pytestmark = pytest.mark.engine

# Lines of the list, and rounds for each: what is short is disturbed most.
LENGTHS = {10: 5, 100: 5, 1_000: 3, 10_000: 2}
CHANGES = 5
# One dig for each of 10,000 names takes minutes. What is not in here is reckoned from the ends.
COMMON = {10: 5, 100: 5, 400: 2}
# The longest list with which a minute does.
SHORT = 100
TRAFFIC_ROUNDS = 8
# A busy machine makes one firewall differ from itself by a fifth; a search line by line would make far more.
NOISE = 1.5
FEW = f"{min(LENGTHS)} lines"
CLOSED, READY, LOOKED_UP = "closed", "ready", "all names looked up"
MORE, LESS, COMMON_WAY = "a line more", "a line less", "the common way"
NOTES = {
    READY: "a name is looked up when it is used",
    LOOKED_UP: "behind, while all are served",
    COMMON_WAY: "ready when all names are looked up; for a line more or less all of it again",
}
WITHIN = 0.05  # s
AT_MOST = 0.2  # of the common way, at 100 lines


@dataclass(frozen=True)
class Bench:
    """What every measurement needs: an image with the firewall, a network, names on it, the report.

    `lengths` are the lists to measure, in lines.
    """

    image: str
    internet: Internet
    server: names.NameServer
    report: Report
    rounds: Rounds
    lengths: Sequence[int]

    def start(self, lines: int) -> TimedFirewall:
        """Start a firewall; the caller removes it."""
        made = timed.firewall(self.image, self.internet.network, self.server)
        made.create(names.listed(lines))
        made.start()
        return made

    def common_way(self, lines: int) -> float:
        """Return the seconds from the start until the common way is ready."""
        found = timed.common_way(self.image, self.internet.network, self.server, names.listed(lines))
        return found["ready"] - found["start"]


@pytest.fixture(scope="module")
def bench(
    project: Project, internet: Internet, report: Report, rounds: Rounds, request: pytest.FixtureRequest
) -> Iterator[Bench]:
    """The image and a resolver that knows all names."""
    image = inspect(project.firewall)["Config"]["Image"]
    lengths = [lines for lines in LENGTHS if lines <= SHORT or not quick(request)]
    with names.serve(internet, image, max(lengths)) as server:
        yield Bench(image, internet, server, report, rounds, lengths)


@pytest.fixture(scope="module")
def firewalls(bench: Bench) -> Iterator[dict[int, TimedFirewall]]:
    """One firewall for each size that stays, all names looked up."""
    with ExitStack() as stack:
        standing = {}
        for lines in bench.lengths:
            standing[lines] = bench.start(lines)
            stack.callback(standing[lines].remove)
            standing[lines].moments()
            standing[lines].start_agent()
            standing[lines].settle()
        yield standing


Took = dict[int, dict[str, list[float]]]
"""Lines of the list, and what took how many seconds in each round."""


def test_starting_and_reloading(bench: Bench, firewalls: dict[int, TimedFirewall]) -> None:
    """Closed, ready and reloaded by the length of the list, in turn with the common way."""
    took: Took = {lines: defaultdict(list) for lines in (*bench.lengths, *COMMON)}
    for turn in range(bench.rounds(max(LENGTHS.values()))):
        for lines, made in firewalls.items():
            if turn < bench.rounds(LENGTHS[lines]):
                note(took[lines], {**one_start(bench, lines), **one_reload(made, lines)})
        for lines, rounds in COMMON.items():
            if lines <= max(bench.lengths) and turn < bench.rounds(rounds):
                note(took[lines], {COMMON_WAY: bench.common_way(lines)})
    for lines in bench.lengths:
        tell_length(bench.report, lines, took)


def note(took: dict[str, list[float]], found: Mapping[str, float]) -> None:
    """Append a round."""
    for what, seconds in found.items():
        took[what].append(seconds)


def one_start(bench: Bench, lines: int) -> dict[str, float]:
    """Return what a firewall's start took, and remove it.

    Its own work begins when the benchmark has closed the network.
    """
    made = bench.start(lines)
    try:
        found = made.moments()
    finally:
        made.remove()
    signs = {CLOSED: ("start", "closed"), READY: ("closed", "ready"), LOOKED_UP: ("closed", "looked up")}
    return {what: found[end] - found[begin] for what, (begin, end) in signs.items()}


def one_reload(made: TimedFirewall, lines: int) -> dict[str, float]:
    """Return what a reload took with a line more, and with that line less again."""
    found = {}
    for what, count in ((MORE, lines + 1), (LESS, lines)):
        made.write_list(*names.listed(count))
        found[what] = made.timed_reload()
    return found


def tell_length(report: Report, lines: int, took: Took) -> None:
    """Write down one length of the list, and hold it to its promises."""
    ours = took[lines]
    notes = dict(NOTES)
    if COMMON_WAY not in ours:
        ours[COMMON_WAY] = [extrapolated(took, lines)] * len(ours[READY])
        notes[COMMON_WAY] = f"reckoned from {min(COMMON)} and {max(COMMON)} lines"
    for what, values in ours.items():
        row = Row(what, "s", values, COMMON_WAY, in_turn(values, ours[COMMON_WAY]), notes.get(what, ""))
        if what == CLOSED:
            row = row.expected("within 50 ms", most=WITHIN)
        if what == READY and lines == SHORT:
            expect = f"at most {AT_MOST:g} of the common way (5 times as fast)"
            row = row.expected(expect, most=AT_MOST, of_ratio=True)
        report.add(f"{lines:,} lines", row)


def extrapolated(took: Took, lines: int) -> float:
    """Return the seconds that the common way would take for a longer list: it grows by the line."""
    few, many = min(COMMON), max(COMMON)
    start, end = (statistics.median(took[count][COMMON_WAY]) for count in (few, many))
    return start + (end - start) / (many - few) * (lines - few)


def test_allowing_and_denying(project: Project, report: Report, rounds: Rounds) -> None:
    """As a person feels it, against a command in a container that does nothing."""
    helper, host = str(project.scaffold / "firewall"), "a.bench.example.org"
    nothing = "docker exec … true"
    ways = {
        nothing: ["docker", "exec", project.firewall, "true"],
        "firewall allow HOST": [helper, "allow", host],
        "firewall deny HOST": [helper, "deny", host],
    }

    def once(*command: str) -> float:
        took = milliseconds(lambda: project.run(*command, cwd=project.scaffold).checked())
        # What goes on behind is over, as it is when a person types the next command.
        until(lambda: project.in_firewall(*BEHIND).code != 0, project.status)
        return took

    took = measure(rounds(CHANGES), {what: partial(once, *command) for what, command in ways.items()})
    for what, values in took.items():
        row = Row(what, "ms", values, nothing, in_turn(values, took[nothing]))
        if what.startswith("firewall"):
            row = row.expected("at most 200 ms", most=200)
        report.add("A line more, a line less", row)


def test_memory(bench: Bench, firewalls: dict[int, TimedFirewall]) -> None:
    """Resident memory of the resolver, all names looked up."""
    for lines in (min(firewalls), max(firewalls)):
        made = firewalls[lines]
        note = f"{made.addresses():,} addresses open by name"
        row = Row(f"{lines:,} lines", "MB", [made.resolver_memory()], note=note)
        bench.report.add("Resolver memory", row.expected("at most 20 MB", most=20))


@pytest.fixture
def unguarded(bench: Bench) -> Iterator[str]:
    """A container of the same image on the same network, without a firewall."""
    name = f"{bench.internet.network}-bench-unguarded"
    docker("run", "--detach", "--name", name, "--network", bench.internet.network, bench.image)
    yield name
    docker("rm", "--force", "--volumes", name)


def test_traffic(bench: Bench, firewalls: dict[int, TimedFirewall], unguarded: str) -> None:
    """Connects and a download cost the same with few and with 10,000 entries."""
    server = bench.internet.servers["listed"].address
    few, many = firewalls[min(firewalls)], firewalls[max(firewalls)]
    assert many.addresses() > 0.9 * max(firewalls) - 10
    ways = {
        "without a firewall": Way(unguarded, server),
        FEW: Way(few.agent, server),
        f"{max(firewalls):,} lines": Way(many.agent, server),
        f"{FEW} once more, which shows the noise": Way(few.agent, server),
    }
    for _ in range(bench.rounds(TRAFFIC_ROUNDS)):
        for way in ways.values():
            way.measure()
    tell_traffic(bench.report, ways, f"{max(firewalls):,} lines")


def tell_traffic(report: Report, ways: Mapping[str, Way], many: str) -> None:
    """Write down both figures of every way, and hold the long list to the short one."""
    for section, unit in (("Connect", "ms"), ("Throughput", "MB/s")):
        rows = {what: Row(what, unit, getattr(way, section.lower())) for what, way in ways.items()}
        for what, row in rows.items():
            row = replace(row, to=FEW, ratios=in_turn(row.values, rows[FEW].values))
            if what == many:
                expect = f"as with {FEW}, within a factor of {NOISE:g} (what noise makes)"
                row = row.expected(expect, least=1 / NOISE, most=NOISE, of_ratio=True)
            report.add(section, row)
