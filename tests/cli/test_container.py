"""`.aidevcontainer/container`: what a person sees and docker gets to do."""

from __future__ import annotations

import json
import re

import pytest

from tests.hostside.engine import container
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Finished, Machine
from tests.hostside.start import POLICY, both_run, image_is_there, nothing_runs, steps

__all__ = ["machine", "project"]


@pytest.fixture
def fresh(machine: Machine, project: FakeProject) -> FakeProject:
    """A complete project whose image is there."""
    machine.install_docker()
    project.complete()
    nothing_runs(project)
    image_is_there(project)
    return project


def command(project: FakeProject, *arguments: str) -> Finished:
    return project.in_venv("cli.container", *arguments)


def opened(machine: Machine) -> list[str]:
    """Return how the last session was opened; what a watcher does at its end comes later."""
    return [call.arguments for call in machine.calls() if "-i" in call.arguments][-1]


def a_session_would_end(project: FakeProject) -> None:
    """One is open, and the files want its container made anew."""
    project.record()
    both_run(project)
    shown = container("c" * 64, project.root, network=f"container:{'f' * 64}")
    project.machine.answer(f"{project.name}-claude-1", out=json.dumps({**shown, "ExecIDs": ["1"]}))
    project.machine.answer("compose --dry-run up", err=" DRY-RUN MODE -  Container claude-1  Recreate\n")


def test_help_names_all_commands_and_examples(project: FakeProject) -> None:
    """U-2: one screen."""
    done = command(project, "--help")
    assert done.code == 0
    for name in ("up", "down", "restart", "rebuild", "status", "shell", "logs"):
        assert f"\n  {name} " in done.out
    assert "Examples:\n  ./.aidevcontainer/container up" in done.out
    assert len(done.out.splitlines()) <= 24
    assert all(len(line) <= 100 for line in done.out.splitlines())


@pytest.mark.parametrize("arguments", [["staus"], ["--bogus"], ["up", "--bogus"], ["up", "now"], []])
def test_wrong_usage_is_two(fresh: FakeProject, machine: Machine, arguments: list[str]) -> None:
    """U-2: a misspelt command does nothing, least of all the default."""
    done = command(fresh, *arguments)
    assert done.code == 2
    assert machine.calls() == []


def test_misspelt_command_is_told_the_right_one(fresh: FakeProject) -> None:
    """U-2: the nearest name."""
    assert "no command 'staus'. Did you mean 'status'?" in command(fresh, "staus").err


def test_up_follows_the_files(fresh: FakeProject, machine: Machine) -> None:
    """US-001.2: also when everything runs already, since the files may have changed."""
    fresh.record()
    both_run(fresh)
    done = command(fresh, "up")
    assert done.code == 0
    assert "compose up --detach firewall" in steps(machine)
    assert "compose up --detach --no-deps claude" in steps(machine)
    assert f"{fresh.name} is up." in done.err


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [("n", 1, "Sessions keep running"), ("ctrl-c", 130, "Nothing was stopped"), ("y", 0, "is up.")],
)
def test_up_asks_before_it_ends_sessions(
    fresh: FakeProject, machine: Machine, keys: str, code: int, said: str
) -> None:
    """U-4: containers that are made anew take the sessions in them along; a no waits for their end."""
    a_session_would_end(fresh)
    with fresh.terminal("cli.container", "up") as terminal:
        terminal.wait_for(r"This ends 1 open session in this project's container")
        terminal.wait_for(r"End them\?")
        terminal.send(keys) if len(keys) == 1 else terminal.key(keys)
        assert terminal.wait() == code
        assert said in " ".join(terminal.screen().split())
    assert ("compose up --detach firewall" in steps(machine)) == (code == 0)
    waits = "AIDEVCONTAINER_WAITING=true" in (fresh.folder / ".env").read_text()
    assert waits == (keys == "n")


@pytest.mark.parametrize(("flags", "code"), [([], 1), (["--yes"], 0)])
def test_up_without_a_terminal_ends_no_session_unasked(
    fresh: FakeProject, machine: Machine, flags: list[str], code: int
) -> None:
    """U-4: a script says beforehand that it may."""
    a_session_would_end(fresh)
    done = command(fresh, "up", *flags)
    assert (done.code, "without a question: --yes" in done.err) == (code, code == 1)
    assert ("compose up --detach firewall" in steps(machine)) == (code == 0)


@pytest.mark.parametrize("word", ["restart", "rebuild"])
def test_sessions_are_not_ended_unasked(fresh: FakeProject, machine: Machine, word: str) -> None:
    """U-4: nor built for them; who has agreed is not asked."""
    a_session_would_end(fresh)
    with fresh.terminal("cli.container", word) as terminal:
        terminal.wait_for(r"This ends 1 open session in this project's container")
        terminal.send("n")
        assert terminal.wait() == 1
        assert "Nothing was stopped." in terminal.screen()
    done = command(fresh, word)
    assert (done.code, "without a question: --yes" in done.err, steps(machine)) == (1, True, [])
    assert command(fresh, word, "--yes").code == 0


def test_quiet_says_only_what_a_person_must_know(fresh: FakeProject) -> None:
    """U-2: for scripts; warnings and failures are still told."""
    done = command(fresh, "-q", "up")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [f"aidevcontainer: {POLICY['warnings'][0]}"]


def test_down_keeps_what_claude_remembers(fresh: FakeProject, machine: Machine) -> None:
    """US-001.2, FR-8: the volumes are left."""
    done = command(fresh, "down")
    assert done.code == 0
    assert steps(machine) == ["compose down --remove-orphans"]
    assert "kept" in done.err


def test_restart_stops_before_it_starts(fresh: FakeProject, machine: Machine) -> None:
    """U-2: both containers, the firewall first."""
    assert command(fresh, "restart").code == 0
    assert steps(machine)[0] == "compose stop"
    assert steps(machine)[-1] == f"start {fresh.name}-claude-1"


@pytest.mark.parametrize(("flags", "expected"), [([], ""), (["--fresh"], "--no-cache ")])
def test_rebuild_builds_although_the_image_is_there(
    fresh: FakeProject, machine: Machine, flags: list[str], expected: str
) -> None:
    """U-2: and puts it to use."""
    assert command(fresh, "rebuild", *flags).code == 0
    assert steps(machine)[0] == f"compose build {expected}claude"
    assert steps(machine)[-1] == f"start {fresh.name}-claude-1"


def test_shell_is_bash_or_a_command(fresh: FakeProject, machine: Machine) -> None:
    """U-2: in the directory that matches the caller's, with its exit code."""
    fresh.record()
    both_run(fresh)
    machine.answer("-w /workspace/src", 7)
    (fresh.root / "src").mkdir()
    done = fresh.in_venv("cli.container", "shell", "--", "make", "-j", "--", "a b", cwd=fresh.root / "src")
    assert done.code == 7
    assert opened(machine)[-5:] == [f"{fresh.name}-claude-1", "make", "-j", "--", "a b"]
    command(fresh, "shell")
    assert opened(machine)[-2:] == [f"{fresh.name}-claude-1", "bash"]


def test_log_of_one_service_is_one_stream(fresh: FakeProject, machine: Machine) -> None:
    """US-003.7: `container logs firewall | grep warning` finds what the firewall wrote to either stream."""
    both_run(fresh)
    machine.answer("logs", out="1\n", err="2\n")
    done = command(fresh, "logs", "--follow", "firewall")
    assert (done.code, done.out, done.err) == (0, "1\n2\n", "")
    assert steps(machine) == [f"logs --follow {fresh.name}-firewall-1"]


@pytest.mark.parametrize("services", [[], ["db"], ["claude", "firewall"]])
def test_other_logs_are_composes(fresh: FakeProject, machine: Machine, services: list[str]) -> None:
    """US-003.7: of everything, and of what the user's override file added."""
    assert command(fresh, "logs", *services).code == 0
    assert steps(machine) == [" ".join(["compose logs", *services])]
    assert machine.calls()[-1].cwd == str(fresh.folder)


def test_no_log_before_the_first_start(fresh: FakeProject) -> None:
    """US-003.7: a sentence."""
    done = command(fresh, "logs", "claude")
    assert done.code == 1
    assert "nothing was started yet" in done.err


def test_status_of_a_stopped_project(fresh: FakeProject) -> None:
    """U-2: says how to start it."""
    done = command(fresh, "status")
    assert done.code == 0
    assert "stopped. Start: ./.aidevcontainer/container up" in done.out
    assert "not created" in done.out


def test_status_in_words(fresh: FakeProject, machine: Machine) -> None:
    """U-2, US-003.7: state, policy, image, base by its name, ids, warnings."""
    command(fresh, "up")
    both_run(fresh)
    machine.answer('"aidevcontainer.base"', out="stand-in\n")
    text = command(fresh, "status").out
    assert "ready: ./.aidevcontainer/claude opens a session at once" in text
    assert text.count("running since 2999-01-02 03:04 UTC") == 2
    assert "12 entries from allowed-domains.txt" in text
    assert "GitHub's 80 ranges as of 2026-01-02T03:04:05Z" in text
    assert "base stand-in, Claude Code 9.8.7" in text
    assert "1000:1000" in text
    assert re.search(r"^limits +8 GiB of memory, 4096 processes, all processors$", text, re.MULTILINE)
    assert POLICY["warnings"][0] in text
    # The containers that `both_run` shows use another image than these files lead to.
    assert "./.aidevcontainer/container rebuild" in text


def test_status_for_programs(fresh: FakeProject) -> None:
    """U-2: one JSON object on standard output."""
    fresh.record()
    both_run(fresh)
    found = json.loads(command(fresh, "status", "--json").out)
    assert found["state"] == "ready"
    assert found["project"] == fresh.name
    assert found["root"] == str(fresh.root)
    assert found["policy"] == POLICY
    assert found["limits"] == {"memory": 8 << 30, "processes": 4096, "processors": 0}
    assert found["image"] == "aidevcontainer:0123456789abcdef"


@pytest.mark.parametrize(
    ("policy", "firewall", "state"),
    [
        ('{"state": "closed", "error": "line 3 is wrong"}', {}, "closed"),
        ('{"state": "starting"}', {}, "starting"),
        ("", {}, "starting"),
        ("{}", {"Id": "e" * 64}, "stale"),
        ("{}", {"State": {"Status": "exited", "StartedAt": "2026-01-02T03:04:05.6Z"}}, "stopped"),
    ],
)
def test_status_knows_troubled_states(
    fresh: FakeProject, machine: Machine, policy: str, firewall: dict[str, object], state: str
) -> None:
    """X-F1, U-2: a firewall that is not ready is never called ready."""
    fresh.record()
    both_run(fresh, **firewall)
    machine.answer("status.json", out=policy)
    assert json.loads(command(fresh, "status", "--json").out)["state"] == state
    assert command(fresh, "status").code == 0
