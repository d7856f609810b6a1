"""A session whose terminal vanishes is ended; one that ended by itself costs nothing more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hostside.engine import FakeEngine
from tests.hostside.fixtures import fake_engine, machine, project, running
from tests.hostside.machine import FakeProject, Machine

__all__ = ["fake_engine", "machine", "project", "running"]

END = "/usr/local/lib/aidevcontainer/end-session.sh"


def open_session(running: FakeProject, machine: Machine) -> subprocess.Popen[bytes]:
    """Start a session that stays, and wait until docker's client is there."""
    machine.answer("exec", seconds=30)
    opened = subprocess.Popen(
        [str(running.folder / "claude")],
        env=machine.environment,
        cwd=running.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    machine.await_calls(1)
    return opened


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_session_ends_with_its_client(
    running: FakeProject, machine: Machine, fake_engine: FakeEngine, death: signal.Signals
) -> None:
    """U-4: however docker's client dies, what it left inside is ended, and only that."""
    opened = open_session(running, machine)
    fake_engine.containers[f"{running.name}-claude-1"]["ExecIDs"] = ["left behind", "another session"]
    machine.answer(END)
    opened.send_signal(death)
    opened.wait(10)
    first, second = machine.await_calls(2)
    mark = first.environment["AIDEVCONTAINER_SESSION"]
    assert second.arguments == ["exec", f"{running.name}-claude-1", END, mark]


def test_nothing_is_left_to_end(running: FakeProject, machine: Machine, fake_engine: FakeEngine) -> None:
    """U-4: after an ordinary end one look tells that there is nothing to do."""
    running.claude()
    deadline = time.monotonic() + 10
    while len(fake_engine.requests) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    assert len(fake_engine.requests) == 3
    assert len(machine.calls()) == 1


def test_caller_does_not_wait_for_the_watcher(
    running: FakeProject, machine: Machine, fake_engine: FakeEngine
) -> None:
    """U-4: `$(claude -p …)` ends with the session, though the watcher looks after it a moment longer."""
    machine.answer(END, seconds=20)
    fake_engine.containers[f"{running.name}-claude-1"]["ExecIDs"] = ["another session"]
    started = time.monotonic()
    # A descriptor of the caller's own that somebody waits for must not stay open in the watcher either.
    done = machine.run(
        "/bin/sh", "-c", 'exec 5>&1; x=$("$0" -p x) 5>&1; echo "got $x"', running.folder / "claude"
    )
    assert done.out == "got \n"
    assert time.monotonic() - started < 15
    watchers = machine.await_calls(2)[1:]
    assert len(watchers) == 1
    os.kill(watchers[0].pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_watcher_has_left_the_terminal(running: FakeProject, machine: Machine) -> None:
    """U-4: the hang-up of the terminal ends the client and must not end the watcher with it."""
    opened = open_session(running, machine)
    children = machine.run("/bin/sh", "-c", f"cat /proc/{opened.pid}/task/{opened.pid}/children").out.split()
    assert len(children) == 1
    assert os.getsid(int(children[0])) == int(children[0])
    assert os.getsid(opened.pid) != int(children[0])
    descriptors = {int(path.name): str(path.readlink()) for path in Path(f"/proc/{children[0]}/fd").iterdir()}
    assert [descriptors.pop(number) for number in (0, 1, 2)] == [os.devnull] * 3
    assert [target.partition(":")[0] for target in descriptors.values()] == ["pipe"]
    opened.kill()
    opened.wait(10)
