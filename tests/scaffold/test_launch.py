"""The few lines of sh in front of the helpers' Python."""

from __future__ import annotations

import os
import pwd
import shutil

import pytest

from tests.hostside.fixtures import fake_engine, machine, project, running
from tests.hostside.machine import TEMPLATE, FakeProject, Machine

__all__ = ["fake_engine", "machine", "project", "running"]

SHELLS = [shell for shell in ("sh", "dash", "bash", "busybox") if shutil.which(shell)]


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


def test_forks_nothing_when_the_helpers_are_installed(running: FakeProject, machine: Machine) -> None:
    """X-P1: with an empty PATH but for docker, only builtins are left to sh."""
    machine.environment["PATH"] = str(machine.bin)
    assert running.claude().code == 0
    assert opened(machine, running)


@pytest.mark.parametrize("folder", [".venv/bin", "node_modules/.bin", "."])
def test_runs_no_program_of_the_repository(running: FakeProject, machine: Machine, folder: str) -> None:
    """X-S2: virtual environments and direnv put its folders on the PATH, and the agent can write there."""
    planted = running.root / folder
    planted.mkdir(parents=True, exist_ok=True)
    for name in ("docker", "git"):
        (planted / name).write_text("#!/bin/sh\necho planted\nexit 7\n")
        (planted / name).chmod(0o755)
    machine.environment["PATH"] = f"{planted}:{machine.environment['PATH']}"
    done = running.claude()
    assert (done.code, "planted" in done.out) == (0, False)
    assert opened(machine, running)


def test_installs_what_another_pin_names(project: FakeProject, machine: Machine) -> None:
    """X-H1: an update of the template that moves the pin never meets the old helpers."""
    (project.folder / "requirements.txt").write_text("# pinned\naidevcontainer==0.0.1")
    (project.folder / "install.sh").write_text('#!/bin/sh\nprintf "%s\\n" "$@"; exit 5\n')
    done = project.claude()
    assert done.code == 5
    wanted = machine.folder / "cache/aidevcontainer/helpers/aidevcontainer==0.0.1"
    assert done.out.splitlines() == [str(project.folder / "requirements.txt"), str(wanted), "aidevcontainer"]


def test_runs_without_a_home(running: FakeProject, machine: Machine) -> None:
    """U-4: cron jobs and services may have neither HOME nor XDG_CACHE_HOME."""
    del machine.environment["HOME"], machine.environment["XDG_CACHE_HOME"]
    (running.folder / "install.sh").write_text('#!/bin/sh\nprintf "%s\\n" "$2"; exit 5\n')
    home = pwd.getpwuid(os.getuid()).pw_dir
    assert running.claude().out.startswith(f"{home}/.cache/aidevcontainer/helpers/")


@pytest.mark.parametrize("variables", [{"XDG_CACHE_HOME": "cache"}, {"XDG_CACHE_HOME": "", "HOME": "home"}])
def test_a_relative_cache_is_not_one(
    project: FakeProject, machine: Machine, variables: dict[str, str]
) -> None:
    """X-S1: the working directory is the repository, and the agent could put a Python there."""
    machine.environment.update(variables)
    for place in ("cache", "home/.cache"):
        planted = project.root / place / "aidevcontainer/helpers/aidevcontainer==0.0.0"
        (planted / "bin").mkdir(parents=True)
        (planted / "complete").write_text("x\n")
        (planted / "bin/python").write_text("#!/bin/sh\necho the agent was here\n")
        (planted / "bin/python").chmod(0o755)
    (project.folder / "install.sh").write_text("#!/bin/sh\nexit 5\n")
    done = project.claude()
    assert done.code in (1, 5)
    assert "the agent was here" not in done.out
