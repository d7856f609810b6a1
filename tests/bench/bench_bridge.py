"""What the bridge costs against `docker exec`, in one run: `python3 tests tests/bench/bench_bridge.py -s`.

Not part of the gate, since a busy machine decides as much as the code. A command of the bridge is timed where
the agent types it, `docker exec` where a person does. Rounds are paired, so that what disturbs one disturbs
the other.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.support.bridge import Bridge

pytestmark = pytest.mark.engine

ROUNDS = 15
TRANSFERS = 5
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
    """Return how many seconds a command takes for the agent."""
    return float(bridge.run("python3", "-c", TIMED, source, *command).checked().out)


def direct(bridge: Bridge, *command: str, source: str = "/dev/null") -> float:
    """Return how many seconds `docker exec` takes for the same."""
    line = ["docker", "exec", "--interactive", bridge.app, *command]
    with open(source, "rb") as file:  # noqa: PTH123 -- as it stands above
        started = time.monotonic()
        subprocess.run(line, stdin=file, stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - started


def ratio(what: str, rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> float:
    """Print medians of both, and return the median of the rounds' ratios."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    times = [statistics.median(pair[way] for pair in pairs) * 1000 for way in (0, 1)]
    found = statistics.median(first / second for first, second in pairs)
    sys.stdout.write(
        f"\n{what:<22} bridge {times[0]:7.0f} ms   docker exec {times[1]:7.0f} ms   {found:5.2f}"
    )
    return found


def test_latency(bridge: Bridge) -> None:
    """B-1: a command that does nothing takes less than twice as long."""
    found = ratio("latency", ROUNDS, lambda: bridged(bridge, "nothing"), lambda: direct(bridge, "true"))
    assert found < 2


def test_throughput(bridge: Bridge) -> None:
    """B-1: at least half as much a second, out and in; the start is part of it."""
    script = f"head -c {SIZE} /dev/zero"
    outwards = ratio(
        "128 MB out",
        TRANSFERS,
        lambda: bridged(bridge, "tool", "-c", script),
        lambda: direct(bridge, "sh", "-c", script),
    )
    path = bridge.project.path / "zeros"
    path.write_bytes(bytes(SIZE))
    try:
        inwards = ratio(
            "128 MB in",
            TRANSFERS,
            lambda: bridged(bridge, "tool", "-c", "cat >/dev/null", source="/workspace/zeros"),
            lambda: direct(bridge, "sh", "-c", "cat >/dev/null", source=str(path)),
        )
    finally:
        path.unlink()
    sys.stdout.write("\n")
    assert max(outwards, inwards) <= 2
