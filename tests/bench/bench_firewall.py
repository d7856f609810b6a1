"""What the firewall costs, against the common way of writing one: a start, a reload, memory, packets.

`python3 tests --bench firewall`
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

import pytest

from tests.support.docker import docker, inspect
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
STARTS = {10: 3, 100: 3, 1_000: 2, 10_000: 1}
CHANGES = 5
RELOADS = {10: 3, 100: 3, 1_000: 1, 10_000: 1}
# One dig for each of 10,000 names takes minutes. What is not in here is reckoned from the ends.
COMMON = {10: 3, 100: 3, 400: 1}
# The longest list with which a minute does.
SHORT = 100
TRAFFIC_ROUNDS = 8
# A busy machine makes one firewall differ from itself by a fifth; a search line by line would make far more.
NOISE = 1.5
FEW = f"{min(STARTS)} lines"


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
    lengths = [lines for lines in STARTS if lines <= SHORT or not quick(request)]
    with names.serve(internet, image, max(lengths)) as server:
        yield Bench(image, internet, server, report, rounds, lengths)


@pytest.fixture(scope="module")
def firewalls(bench: Bench) -> Iterator[dict[int, TimedFirewall]]:
    """One firewall for each size that stays, all names looked up. Their start is the first round."""
    with ExitStack() as stack:
        standing = {}
        for lines in bench.lengths:
            standing[lines] = bench.start(lines)
            stack.callback(standing[lines].remove)
            standing[lines].moments()
        yield standing


def test_starting(bench: Bench, firewalls: dict[int, TimedFirewall]) -> None:
    """Closed and ready by the length of the list, against the common way."""
    ours = {lines: [made.moments()] for lines, made in firewalls.items()}
    common: dict[int, list[float]] = {lines: [] for lines in COMMON if lines <= max(bench.lengths)}
    for turn in range(bench.rounds(max(STARTS.values()))):
        for lines in ours:
            if 0 < turn < bench.rounds(STARTS[lines]):
                ours[lines].append(one_start(bench, lines))
        for lines in common:
            if turn < bench.rounds(COMMON[lines]):
                common[lines].append(bench.common_way(lines))
    tell_starts(bench.report, ours, common)


def one_start(bench: Bench, lines: int) -> dict[str, float]:
    """Return the moments of a firewall that is removed again."""
    made = bench.start(lines)
    try:
        return made.moments()
    finally:
        made.remove()


def tell_starts(
    report: Report,
    ours: Mapping[int, Sequence[Mapping[str, float]]],
    common: Mapping[int, Sequence[float]],
) -> None:
    """Write down the starts, and hold the one at 100 names to its promise."""
    closed = [(found["closed"] - found["start"]) * 1000 for starts in ours.values() for found in starts]
    row = Row("from the start, whatever the list", "ms", closed)
    report.add("Closed", row.expected("within 50 ms", most=50))
    ready = tell_phase(report, "Ready: a name is looked up when it is used", ours, "ready")
    looked_up = tell_phase(report, "All names looked up, in the background", ours, "looked up")
    tell_common(report, common, ready, looked_up)


def tell_phase(
    report: Report, section: str, ours: Mapping[int, Sequence[Mapping[str, float]]], sign: str
) -> dict[int, float]:
    """Write down when a sign was seen, and return the median seconds by lines.

    From the moment when the benchmark had closed the network, since only then the entrypoint began its work.
    """
    median = {}
    for lines, starts in ours.items():
        took = [found[sign] - found["closed"] for found in starts]
        median[lines] = report.add(section, Row(f"{lines:,} lines", "s", took)).median
    return median


def tell_common(
    report: Report,
    common: Mapping[int, Sequence[float]],
    ready: Mapping[int, float],
    looked_up: Mapping[int, float],
) -> None:
    """Write down the common way, and how many times ours it takes."""
    for lines in ready:
        note = "" if lines in common else f"reckoned from {min(common)} and {max(common)}"
        row = Row(f"{lines:,} lines", "s", common.get(lines) or [extrapolated(common, lines)], note=note)
        for to, ours in (("our ready", ready[lines]), ("our last name looked up", looked_up[lines])):
            compared = replace(row, to=to, ratios=[row.median / ours])
            if lines == 100 and to == "our ready":
                compared = compared.expected("at least 5 x our ready at 100 lines", least=5, of_ratio=True)
            report.add("The common way: ready when all names are looked up", compared)


def extrapolated(common: Mapping[int, Sequence[float]], lines: int) -> float:
    """Return the seconds that the common way would take for a longer list: it grows by the line."""
    few, many = min(common), max(common)
    start, end = statistics.median(common[few]), statistics.median(common[many])
    return start + (end - start) / (many - few) * (lines - few)


def test_reloading(bench: Bench, firewalls: dict[int, TimedFirewall]) -> None:
    """A line more and a line less, by the length of the list."""
    for lines, made in firewalls.items():
        added, removed = [], []
        for _ in range(bench.rounds(RELOADS[lines])):
            made.write_list(*names.listed(lines + 1))
            added.append(made.timed_reload())
            made.write_list(*names.listed(lines))
            removed.append(made.timed_reload())
        bench.report.add("Reload", Row(f"{lines:,} lines, one more", "s", added))
        bench.report.add("Reload", Row(f"{lines:,} lines, one less", "s", removed))


def test_allowing_and_denying(project: Project, report: Report, rounds: Rounds) -> None:
    """As a person feels it, against a command in a container that does nothing."""
    helper, host = str(project.scaffold / "firewall"), "a.bench.example.org"
    ways = {
        "docker exec … true": ["docker", "exec", project.firewall, "true"],
        "firewall allow HOST": [helper, "allow", host],
        "firewall deny HOST": [helper, "deny", host],
    }

    def once(*command: str) -> float:
        took = milliseconds(lambda: project.run(*command, cwd=project.scaffold).checked())
        # What goes on behind is over, as it is when a person types the next command.
        until(lambda: project.in_firewall("pgrep", "-f", "prove|check-names").code != 0, project.status)
        return took

    took = measure(rounds(CHANGES), {what: partial(once, *command) for what, command in ways.items()})
    for what, values in took.items():
        row = Row(what, "ms", values, "docker exec", in_turn(values, took["docker exec … true"]))
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
