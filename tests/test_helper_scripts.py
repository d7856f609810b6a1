"""The few lines of sh in front of the helpers' Python."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.hostside.engine import FakeEngine
from tests.hostside.fixtures import fake_engine, machine, project, running
from tests.hostside.machine import TEMPLATE, FakeProject, Machine

__all__ = ["fake_engine", "machine", "project", "running"]

SHELLS = [shell for shell in ("sh", "dash", "bash", "busybox") if shutil.which(shell)]


def remembered(machine: Machine) -> Path:
    return machine.folder / "cache" / "aidevcontainer" / "python"


def opened(machine: Machine, running: FakeProject) -> bool:
    return [call.arguments[-2:] for call in machine.calls()] == [[f"{running.name}-claude-1", "claude"]]


@pytest.mark.parametrize("helper", ["claude", "container"])
def test_is_executable_for_everybody(helper: str) -> None:
    """U-4: runs as `./.aidevcontainer/<name>`."""
    # Not more of it: what the umask of the clone left of the rest is the user's.
    assert (TEMPLATE / helper).stat().st_mode & 0o111 == 0o111


@pytest.mark.parametrize("shell", SHELLS)
def test_runs_in_every_shell(running: FakeProject, machine: Machine, shell: str) -> None:
    """U-4: sh is dash, bash, BusyBox, depending on the machine."""
    words = [shell, "sh"] if shell == "busybox" else [shell]
    program = shutil.which(words[0])
    assert program
    assert machine.run(program, *words[1:], running.folder / "claude").code == 0
    assert opened(machine, running)


@pytest.mark.parametrize("target", ["absolute", "relative"])
def test_works_through_links(running: FakeProject, machine: Machine, target: str) -> None:
    """U-4: a link on the PATH, also one to a link, opens the project that the helper lies in."""
    first = running.root.parent / "first link"
    second = machine.bin / "my claude"
    first.symlink_to(
        running.folder / "claude" if target == "absolute" else "my project/.aidevcontainer/claude"
    )
    second.symlink_to(first if target == "absolute" else os.path.relpath(first, second.parent))
    assert machine.run("/bin/sh", "-c", '"my claude"').code == 0
    assert opened(machine, running)


def test_runs_from_its_own_directory(running: FakeProject, machine: Machine) -> None:
    """U-4: without a slash in its name, and with a CDPATH that would lead a careless cd elsewhere."""
    machine.environment["CDPATH"] = "/:/tmp"
    assert machine.run("/bin/sh", "claude", cwd=running.folder).code == 0
    assert opened(machine, running)


def test_forks_nothing_when_an_interpreter_is_remembered(running: FakeProject, machine: Machine) -> None:
    """X-P1: with an empty PATH but for docker, only builtins are left to sh."""
    machine.environment["PATH"] = str(machine.bin)
    assert running.claude().code == 0
    assert opened(machine, running)


@pytest.mark.parametrize("memory", [None, "", "/gone/python3\n", "relative\n"])
def test_finds_an_interpreter_and_remembers_it(
    project: FakeProject, machine: Machine, memory: str | None
) -> None:
    """X-P1: the next start need not search; what is remembered is no environment's link that may vanish."""
    remembered(machine).unlink()
    if memory is not None:
        remembered(machine).write_text(memory)
    (machine.bin / "python3").symlink_to(sys.executable)
    stub = "from bootstrap.problem import Problem\ndef ensure(*_):\n    raise Problem('here', 5)\n"
    (project.folder / "bootstrap" / "venv.py").write_text(stub)
    assert project.claude().code == 5
    found = Path(remembered(machine).read_text().rstrip("\n"))
    assert found == found.resolve()
    assert os.access(found, os.X_OK)


def python(machine: Machine, name: str, script: str) -> None:
    path = machine.bin / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.usefixtures("fake_engine")
def test_takes_the_next_where_one_is_too_old(running: FakeProject, machine: Machine) -> None:
    """U-4: python3 may be an old one, or a version manager's shim with nothing behind it."""
    remembered(machine).unlink()
    machine.environment["PATH"] = str(machine.bin)
    python(machine, "python3", "exit 1")
    python(machine, "python3.13", "echo 'no version set' >&2; exit 126")
    (machine.bin / "python3.12").symlink_to(sys.executable)
    entry = (
        (running.folder / "bootstrap" / "run.sh").read_text().replace("/usr/bin/python3", "/nowhere/python3")
    )
    (running.folder / "bootstrap" / "run.sh").write_text(entry)
    assert running.claude() == (0, "", "")


def test_says_what_to_do_without_python(project: FakeProject, machine: Machine) -> None:
    """U-4: one sentence and the command that helps, on a machine without a usable Python."""
    remembered(machine).unlink()
    machine.environment["PATH"] = str(machine.bin)
    entry = (
        (project.folder / "bootstrap" / "run.sh").read_text().replace("/usr/bin/python3", "/nowhere/python3")
    )
    (project.folder / "bootstrap" / "run.sh").write_text(entry)
    done = project.claude()
    assert done.code == 1
    assert "Python 3.9 or newer was not found" in done.err
    assert "sudo apt install python3" in done.err
    assert len(done.err.splitlines()) == 1


def test_runs_without_a_home(running: FakeProject, machine: Machine, fake_engine: FakeEngine) -> None:
    """U-4: cron jobs and services may have neither HOME nor XDG_CACHE_HOME."""
    del machine.environment["HOME"], machine.environment["XDG_CACHE_HOME"]
    machine.environment["PATH"] = f"{machine.bin}:{Path(sys.executable).parent}:{os.defpath}"
    assert running.claude().code == 0
    assert fake_engine.requests
