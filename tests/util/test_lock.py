"""One at a time, between processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aidevcontainer.util import lock

HOLD = (
    "import sys; sys.path.insert(0, sys.argv[1]); from aidevcontainer.util import lock\n"
    "with lock.held('x'):\n    print('held', flush=True); sys.stdin.read()\n"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def holder() -> subprocess.Popen[str]:
    """Start a process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(Path(__file__).parents[2] / "bootstrap")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_free_lock_is_taken_in_silence() -> None:
    """U-4: the usual case says nothing."""
    said: list[str] = []
    with lock.held("x", lambda: said.append("waiting")):
        assert said == []


def test_waits_and_says_so() -> None:
    """U-4: two starts at once build once, and the second tells why nothing happens."""
    other = holder()
    events: list[str] = []

    def announce() -> None:
        events.append("waiting")
        other.communicate("")
        events.append("released")

    with lock.held("x", announce):
        events.append("mine")
    assert events == ["waiting", "released", "mine"]


def test_death_of_the_holder_releases_it() -> None:
    """U-4: a killed start blocks nobody."""
    other = holder()

    def kill() -> None:
        other.kill()
        other.wait()

    with lock.held("x", kill):
        assert other.returncode == -9


def test_other_names_are_other_locks() -> None:
    """X-L1: projects do not wait for each other."""
    other = holder()
    with lock.held("y", lambda: pytest.fail("waited")):
        pass
    other.communicate("")
