"""Runs benchmarks, each in a process of its own: what ends one of them leaves the others' figures."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from aidevcontainer.util.console import Console
from tests.runner.stage import Stage

from . import conditions
from .benches import Bench
from .figures import Figures
from .passes import COMPLETE, FAILED, MISSED, joined

# Seconds for one test; ten minutes of idleness are the longest.
TIMEOUT = 1200


def run(
    benches: Sequence[Bench],
    options: Sequence[str],
    command: str,
    keep: Callable[[Figures], None],
    passes: int | None = None,
) -> Figures:
    """Run them one after the other and return what they measured. Raises Problem without an engine.

    Each as often as it says or as *passes* allow. After each of them *keep* gets all there is, since the next
    may be ended by hand.
    """
    stage = Stage()
    stage.prepare()
    try:
        engine = stage.engine()
        assert engine is not None
        versions = conditions.versions(engine, stage.base)
        found: Figures = {"machine": conditions.machine(), "versions": versions, "benches": {}}
        for bench in in_passes(benches, passes):
            measured = _one(bench, options, command)
            earlier = found["benches"].get(bench.name)
            found["benches"][bench.name] = joined(earlier, measured) if earlier else measured
            keep(found)
        return found
    finally:
        stage.clear()


def in_passes(benches: Sequence[Bench], most: int | None = None) -> Iterator[Bench]:
    """Return the benchmarks in the order of a run: all once, then those that are made again."""
    for turn in range(most or max(bench.passes for bench in benches)):
        yield from (bench for bench in benches if turn < bench.passes)


def _one(bench: Bench, options: Sequence[str], command: str) -> dict[str, Any]:
    Console().say(f"Benchmark {bench.name}: {bench.title}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "measured.json")
        line = [sys.executable, "-m", "pytest", "-qs", f"--timeout={TIMEOUT}", "--timeout-method=thread"]
        started = time.monotonic()
        done = subprocess.run([*line, str(bench.file), "--bench-json", str(file), *options], check=False)
        seconds = time.monotonic() - started
        measured = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {
        "command": command,
        "date": conditions.today(),
        "commit": conditions.commit(),
        "seconds": round(seconds),
        "outcome": _outcome(done.returncode, measured),
        "load": measured.get("load", {"before": 0.0, "after": 0.0}),
        "sections": measured.get("sections", {}),
    }


def _outcome(code: int, measured: dict[str, Any]) -> str:
    if code == 0:
        return COMPLETE
    # Without it the process did not come to its end.
    return MISSED if measured.get("failed_tests") == 0 else FAILED
