"""What the bridge costs against `docker exec`.

A command of the bridge is timed where the agent types it, `docker exec` where a person does.
`python3 tests --bench bridge`
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial

import pytest

from tests.support.bridge import Bridge

from .report import Report
from .turns import Rounds, measure, milliseconds

pytestmark = pytest.mark.engine

ROUNDS = 12
TRANSFERS = 8
SIZE = 128 << 20  # bytes

# Prints how many seconds a command took in the agent's container; its input is argv[1].
TIMED = """\
import subprocess, sys, time
with open(sys.argv[1], "rb") as file:
    started = time.monotonic()
    subprocess.run(sys.argv[2:], stdin=file, stdout=subprocess.DEVNULL, check=True)
    print(time.monotonic() - started)
"""


def bridged(bridge: Bridge, *command: str, source: str = "/dev/null") -> float:
    """Return how many milliseconds a command takes for the agent."""
    return float(bridge.run("python3", "-c", TIMED, source, *command).checked().out) * 1000


def direct(bridge: Bridge, *command: str, source: str = "/dev/null") -> float:
    """Return how many milliseconds `docker exec` takes for the same."""
    line = ["docker", "exec", "--interactive", bridge.app, *command]
    with open(source, "rb") as file:  # noqa: PTH123 -- as it stands above
        return milliseconds(partial(subprocess.run, line, stdin=file, stdout=subprocess.DEVNULL, check=True))


def compare(
    report: Report, what: str, count: int, ours: Callable[[], float], theirs: Callable[[], float]
) -> None:
    """Write down both ways of one thing, in milliseconds; ours may take twice as long."""
    took = measure(count, {"bridge": ours, "docker exec": theirs})
    report.compare(f"The bridge: {what}", "ms", took, "docker exec", {"bridge": 2})


def test_latency(bridge: Bridge, report: Report, rounds: Rounds) -> None:
    """B-1: a command that does nothing takes less than twice as long."""
    ours, theirs = partial(bridged, bridge, "nothing"), partial(direct, bridge, "true")
    compare(report, "a command that does nothing", rounds(ROUNDS), ours, theirs)


def test_throughput_out(bridge: Bridge, report: Report, rounds: Rounds) -> None:
    """B-1: at least half as much a second; the start is part of it."""
    script = f"head -c {SIZE} /dev/zero"
    ours, theirs = partial(bridged, bridge, "tool", "-c", script), partial(direct, bridge, "sh", "-c", script)
    compare(report, "128 MB out of a command", rounds(TRANSFERS), ours, theirs)


def test_throughput_in(bridge: Bridge, report: Report, rounds: Rounds) -> None:
    """B-1: the same in the other direction."""
    path = bridge.project.path / "zeros"
    path.write_bytes(bytes(SIZE))
    swallow = ("-c", "cat >/dev/null")
    ours = partial(bridged, bridge, "tool", *swallow, source="/workspace/zeros")
    theirs = partial(direct, bridge, "sh", *swallow, source=str(path))
    try:
        compare(report, "128 MB into a command", rounds(TRANSFERS), ours, theirs)
    finally:
        path.unlink()
