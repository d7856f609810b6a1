"""What the firewall costs, against the common way of writing one: a start, a reload, memory, packets.

Not part of the gate, since a busy machine decides as much as the code. What is compared is measured in turn,
so that what disturbs one disturbs the other, and only ratios are held to.
`python3 tests tests/bench/bench_firewall.py -s --bench-json firewall.json`
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from tests.support import hammer
from tests.support.docker import docker, inspect
from tests.support.firewall import NewFirewall
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.wait import until

from . import names, timed
from .report import Report, Row
from .timed import TimedFirewall
from .traffic import Way

pytestmark = pytest.mark.engine

# Lines of the list, and rounds for each: what is short is disturbed most.
STARTS = {10: 5, 100: 5, 1_000: 3, 10_000: 1}
CHANGES = 9
RELOADS = {10: 3, 100: 3, 1_000: 2, 10_000: 1}
# One dig for each of 10,000 names takes minutes. What is not in here is reckoned from the ends.
COMMON = {10: 3, 100: 3, 400: 1}
TRAFFIC_ROUNDS = 15
# A busy machine makes one firewall differ from itself by a fifth; a search line by line would make far more.
NOISE = 1.5


@dataclass(frozen=True)
class Bench:
    """What every measurement needs: an image with the firewall, a network, names on it, and the report."""

    image: str
    internet: Internet
    server: names.NameServer
    report: Report

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
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """What is measured; printed, and written where an option names a file, at the end."""
    measured = Report()
    yield measured
    sys.stdout.write(f"\n{measured.table()}\n")
    if path := request.config.getoption("--bench-json"):
        measured.write(path)


@pytest.fixture(scope="module")
def bench(project: Project, internet: Internet, report: Report) -> Iterator[Bench]:
    """The image and a resolver that knows all names."""
    image = inspect(project.firewall)["Config"]["Image"]
    with names.serve(internet, image, max(STARTS)) as server:
        yield Bench(image, internet, server, report)


@pytest.fixture(scope="module")
def firewalls(bench: Bench) -> Iterator[dict[int, TimedFirewall]]:
    """One firewall for each size that stays, all names looked up. Their start is the first round."""
    with ExitStack() as stack:
        standing = {}
        for lines in STARTS:
            standing[lines] = bench.start(lines)
            stack.callback(standing[lines].remove)
            standing[lines].moments()
        yield standing


def test_starting(bench: Bench, firewalls: dict[int, TimedFirewall]) -> None:
    """Closed and ready by the length of the list, against the common way."""
    ours = {lines: [made.moments()] for lines, made in firewalls.items()}
    common: dict[int, list[float]] = {lines: [] for lines in COMMON}
    for turn in range(max(STARTS.values())):
        for lines, rounds in STARTS.items():
            if 0 < turn < rounds:
                ours[lines].append(one_start(bench, lines))
        for lines, rounds in COMMON.items():
            if turn < rounds:
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
    report.add("Closed (expected: within 50 ms, whatever the list)", Row("from the start", "ms", closed))
    ready = tell_phase(report, "Ready: a name is looked up when it is used", ours, "ready")
    looked_up = tell_phase(report, "All names looked up, in the background", ours, "looked up")
    times = tell_common(report, common, ready, looked_up)
    assert times[100] >= 5, f"at 100 names the firewall is only {times[100]:.1f} times as fast"


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
) -> dict[int, float]:
    """Write down the common way, and return how many times our time to ready it takes, by lines."""
    times = {}
    for lines in ready:
        row = Row(f"{lines:,} lines", "s", common.get(lines) or [extrapolated(common, lines)])
        times[lines] = row.median / ready[lines]
        note = f"{row.median / looked_up[lines]:.2f} x all looked up"
        note += "" if lines in common else "; reckoned from 10 and 400"
        row = replace(row, to="our ready", ratio=times[lines], note=note)
        report.add("The common way: ready when all names are looked up", row)
    return times


def extrapolated(common: Mapping[int, Sequence[float]], lines: int) -> float:
    """Return the seconds that the common way would take for a longer list: it grows by the line."""
    few, many = min(common), max(common)
    start, end = statistics.median(common[few]), statistics.median(common[many])
    return start + (end - start) / (many - few) * (lines - few)


def test_reloading(bench: Bench, firewalls: dict[int, TimedFirewall]) -> None:
    """A line more and a line less, by the length of the list."""
    for lines, made in firewalls.items():
        added, removed = [], []
        for _ in range(RELOADS[lines]):
            made.write_list(*names.listed(lines + 1))
            added.append(made.timed_reload())
            made.write_list(*names.listed(lines))
            removed.append(made.timed_reload())
        bench.report.add("Reload", Row(f"{lines:,} lines, one more", "s", added))
        bench.report.add("Reload", Row(f"{lines:,} lines, one less", "s", removed))


def test_allowing_and_denying(project: Project, report: Report) -> None:
    """As a person feels it, against a command in a container that does nothing."""
    helper, host = str(project.scaffold / "firewall"), "a.bench.example.org"
    ways = {
        "docker exec … true": ["docker", "exec", project.firewall, "true"],
        "firewall allow HOST": [helper, "allow", host],
        "firewall deny HOST": [helper, "deny", host],
    }
    took: dict[str, list[float]] = {what: [] for what in ways}
    for _ in range(CHANGES):
        for what, command in ways.items():
            started = time.monotonic()
            project.run(*command, cwd=project.scaffold).checked()
            took[what].append((time.monotonic() - started) * 1000)
            # What goes on behind is over, as it is when a person types the next command.
            until(lambda: project.in_firewall("pgrep", "-f", "prove|check-names").code != 0, project.status)
    base = took["docker exec … true"]
    for what, values in took.items():
        row = Row(what, "ms", values, to="docker exec", ratio=in_turn(values, base))
        report.add("A line more, a line less (expected: 200 ms on a quiet machine)", row)


def test_memory(bench: Bench, firewalls: dict[int, TimedFirewall]) -> None:
    """Resident memory of the resolver, all names looked up."""
    section = "Resolver memory (expected: under 20 MB at 10,000 lines)"
    for lines in (min(firewalls), max(firewalls)):
        made = firewalls[lines]
        note = f"{made.addresses():,} addresses open by name"
        bench.report.add(section, Row(f"{lines:,} lines", "MB", [made.resolver_memory()], note=note))


def test_two_hundred_reloads(bench: Bench, new_firewall: NewFirewall) -> None:
    """Under a hammer of connects and lookups: none that is allowed fails, none that is not succeeds."""
    firewall = new_firewall("listed.example.net:5432")
    outcome = hammer.reloads(firewall, bench.internet, most=200, seconds=600)
    assert outcome.reloads == 200
    outcome.check(500)
    sys.stdout.write(f"\n{outcome}\n")


@pytest.fixture
def unguarded(bench: Bench) -> Iterator[str]:
    """A container of the same image on the same network, without a firewall."""
    name = f"{bench.internet.network}-bench-unguarded"
    docker("run", "--detach", "--name", name, "--network", bench.internet.network, bench.image)
    yield name
    docker("rm", "--force", "--volumes", name)


def test_traffic(bench: Bench, firewalls: dict[int, TimedFirewall], unguarded: str) -> None:
    """Connects and a download cost the same with 10 and with 10,000 entries."""
    server = bench.internet.servers["listed"].address
    few, many = firewalls[10], firewalls[10_000]
    assert many.addresses() > 9_000
    ways = {
        "without a firewall": Way(unguarded, server),
        "10 lines": Way(few.agent, server),
        "10,000 lines": Way(many.agent, server),
        "10 lines once more, which shows the noise": Way(few.agent, server),
    }
    for _ in range(TRAFFIC_ROUNDS):
        for way in ways.values():
            way.measure()
    tell_traffic(bench.report, ways)


def tell_traffic(report: Report, ways: Mapping[str, Way]) -> None:
    """Write down both figures of every way, and hold the long list to the short one."""
    for section, unit in (("Connect", "ms"), ("Throughput", "MB/s")):
        rows = {what: Row(what, unit, getattr(way, section.lower())) for what, way in ways.items()}
        base = rows["10 lines"].values
        ratios = {what: in_turn(row.values, base) for what, row in rows.items()}
        for what, row in rows.items():
            report.add(section, replace(row, to="10 lines", ratio=ratios[what]))
        ratio = ratios["10,000 lines"]
        assert 1 / NOISE < ratio < NOISE, f"{section}: 10,000 lines against 10: {ratio:.2f}"


def in_turn(values: Sequence[float], base: Sequence[float]) -> float:
    """Return the median of the rounds' own ratios: what slowed a whole round down is in both."""
    return statistics.median(value / other for value, other in zip(values, base))
