"""`.aidevcontainer/claude` where the containers run: what docker is asked to do, and when it is not asked."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from aidevcontainer.engine import readiness
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.session.exec_args import CREDENTIALS
from tests.hostside.client import Call
from tests.hostside.engine import FakeEngine, container
from tests.hostside.fixtures import fake_engine, machine, project, running
from tests.hostside.machine import PACKAGES, FakeProject, Machine
from tests.support import helpers

__all__ = ["fake_engine", "machine", "project", "running"]


def session(machine: Machine) -> Call:
    """Return the call that opened the session."""
    return machine.await_calls(1)[0]


def behind_container(call: Call, project: FakeProject) -> list[str]:
    """Return what runs inside."""
    return call.arguments[call.arguments.index(f"{project.name}-claude-1") + 1 :]


def test_arguments_reach_claude_untouched(running: FakeProject, machine: Machine) -> None:
    """U-4: every argument is Claude's, whatever it looks like."""
    given = ["-p", "two\nlines", "", "--", "-h", "--detach-keys", "ünï 项目", "$HOME `id` 'x' \"y\"", "*"]
    assert running.claude(*given).code == 0
    assert behind_container(session(machine), running) == ["claude", *given]


def test_asks_the_engine_twice_and_nothing_else(running: FakeProject, fake_engine: FakeEngine) -> None:
    """X-P1: two questions on the socket are all that stands between the caller and docker."""
    running.claude("--version")
    assert [line.split()[1] for line in fake_engine.requests[:2]] == [
        f"/containers/{running.name}-claude-1/json",
        f"/containers/{running.name}-firewall-1/json",
    ]


@pytest.mark.parametrize("code", [0, 1, 3, 42, 130])
def test_exit_code_passes_through(running: FakeProject, machine: Machine, code: int) -> None:
    """U-4: the session's exit code is the helper's."""
    machine.answer("exec", code=code)
    assert running.claude("-p", "x").code == code


def test_output_streams_stay_apart(running: FakeProject, machine: Machine) -> None:
    """U-4: nothing is mixed into what Claude prints."""
    machine.answer("exec", out="answer\n", err="note\n")
    done = running.claude("-p", "x")
    assert (done.out, done.err) == ("answer\n", "note\n")


def test_pipe_reaches_the_session(running: FakeProject, machine: Machine) -> None:
    """U-4: `git diff | ./.aidevcontainer/claude -p review`."""
    running.claude("-p", "review", input="diff --git a b\n")
    call = session(machine)
    assert call.input == "diff --git a b\n"
    assert call.arguments[:2] == ["exec", "-i"]


def test_closed_standard_streams_are_no_trouble(running: FakeProject, machine: Machine) -> None:
    """U-4: cron and daemons start programs with closed streams."""
    done = machine.run("/bin/sh", "-c", '"$0" -p x <&- >&- 2>&-', running.folder / "claude", cwd=running.root)
    assert done.code == 0
    assert session(machine).input == ""


def test_terminal_gets_a_terminal(running: FakeProject, machine: Machine) -> None:
    """US-001.3, U-4: on a terminal the session is on one, and Ctrl-P is not docker's."""
    helper = str(running.folder / "claude")
    child = pexpect.spawn(helper, ["-x"], env=machine.environment, cwd=str(running.root), timeout=20)
    child.expect(pexpect.EOF)
    arguments = session(machine).arguments
    assert arguments[:3] == ["exec", "-it", "--detach-keys"]
    assert "ctrl-p" not in arguments[3]
    assert len(arguments[3].split(",")) > 2


def test_only_output_on_a_terminal_is_no_terminal(running: FakeProject, machine: Machine) -> None:
    """U-4: with a pipe for input, docker would refuse to start on a terminal."""
    command = ["-c", f'echo text | "{running.folder}/claude" -p x']
    child = pexpect.spawn("/bin/sh", command, env=machine.environment, cwd=str(running.root), timeout=20)
    child.expect(pexpect.EOF)
    assert session(machine).arguments[:2] == ["exec", "-i"]


def test_old_engine_is_told_the_size_another_way(
    running: FakeProject, machine: Machine, fake_engine: FakeEngine
) -> None:
    """U-4: engines before API 1.42 start every exec at 80 by 24; the program must not see that."""
    fake_engine.api = "1.41"
    child = pexpect.spawn(
        str(running.folder / "claude"),
        ["-x"],
        env=machine.environment,
        cwd=str(running.root),
        dimensions=(41, 133),
    )
    child.expect(pexpect.EOF)
    inside = behind_container(session(machine), running)
    assert inside[:2] == ["sh", "-c"]
    assert inside[3:] == ["sh", "41", "133", "claude", "-x"]
    sizes = machine.run("/bin/sh", "-c", inside[2], "sh", "41", "133", "/bin/echo", "a b", "")
    assert sizes.out == "a b \n"


def test_credentials_are_named_and_never_shown(running: FakeProject, machine: Machine) -> None:
    """X-S2: a token is in the environment of this exec and in no argument, where every user could read it."""
    machine.environment.update({name: f"secret-{name}" for name in CREDENTIALS})
    running.claude()
    call = session(machine)
    assert not any("secret-" in argument for argument in call.arguments)
    for name in CREDENTIALS:
        assert call.arguments[call.arguments.index(name) - 1] == "-e"
        assert call.environment[name] == f"secret-{name}"


def test_docker_adds_no_hints_of_its_own(running: FakeProject, machine: Machine) -> None:
    """U-4: some clients print advice below a failed exec, which is no part of the session."""
    running.claude()
    assert session(machine).environment["DOCKER_CLI_HINTS"] == "false"


def test_unset_variables_are_not_passed(running: FakeProject, machine: Machine) -> None:
    """X-S2: only what is set, so that the container's own values stand."""
    running.claude()
    assert not set(CREDENTIALS) & set(session(machine).arguments)


def test_terminal_settings_and_time_zone_go_along(running: FakeProject, machine: Machine) -> None:
    """U-4: TERM, colours and time zone are the caller's."""
    machine.environment.update(TERM="xterm-kitty", COLORTERM="truecolor", NO_COLOR="1", TZ=":America/Lima")
    running.claude()
    call = session(machine)
    for name, value in {
        "TERM": "xterm-kitty",
        "COLORTERM": "truecolor",
        "NO_COLOR": "1",
        "TZ": "America/Lima",
    }.items():
        assert name in call.arguments
        assert call.environment[name] == value


@pytest.mark.parametrize(
    ("where", "inside"),
    [
        (".", "/workspace"),
        ("src/a b", "/workspace/src/a b"),
        (".aidevcontainer", "/workspace/.aidevcontainer"),
    ],
)
def test_starts_in_the_callers_directory(
    running: FakeProject, machine: Machine, where: str, inside: str
) -> None:
    """U-4: the session starts where the caller is."""
    (running.root / where).mkdir(parents=True, exist_ok=True)
    running.claude(cwd=running.root / where)
    arguments = session(machine).arguments
    assert arguments[arguments.index("-w") + 1] == inside


def test_outside_the_project_starts_at_its_root(running: FakeProject, machine: Machine) -> None:
    """U-4: called by its path from elsewhere, also from a directory whose name only begins alike."""
    sibling = running.root.with_name(running.root.name + "-2")
    sibling.mkdir()
    running.claude(cwd=sibling)
    arguments = session(machine).arguments
    assert arguments[arguments.index("-w") + 1] == "/workspace"


def test_every_session_has_a_mark_of_its_own(running: FakeProject, machine: Machine) -> None:
    """U-4: the mark by which exactly this session is ended when its terminal vanishes."""
    running.claude()
    running.claude()
    marks = {call.environment["AIDEVCONTAINER_SESSION"] for call in machine.calls()}
    assert len(marks) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_broken_pipe_ends_the_client(running: FakeProject, machine: Machine) -> None:
    """U-4: `claude -p … | head` must not leave a client that ignores the closed pipe."""
    ignored = "0x$(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/$$/status)"
    (machine.bin / "docker").write_text(f"#!/bin/sh\nexit $(( ({ignored} >> 12) & 1 ))\n")
    assert running.claude().code == 0


def stop(engine: FakeEngine, name: str, status: str = "exited") -> None:
    engine.containers[name]["State"]["Status"] = status


def health(engine: FakeEngine, name: str, status: str) -> None:
    engine.containers[name]["State"]["Health"]["Status"] = status


def restart(engine: FakeEngine, name: str) -> None:
    engine.containers[name]["State"]["StartedAt"] = "2999-01-02T03:04:05.61Z"


# What may be wrong with the agent's container, with the firewall's, and with all.
AGENT: dict[str, Callable[[FakeEngine, str], object]] = {
    "missing": lambda engine, name: engine.containers.pop(name),
    "stopped": stop,
    "paused": lambda engine, name: stop(engine, name, "paused"),
    "of another directory": lambda engine, name: engine.containers.update(
        {name: container("c" * 64, Path("/elsewhere"), network=f"container:{'f' * 64}")}
    ),
    "with a network of its own": lambda engine, name: engine.containers[name]["HostConfig"].update(
        NetworkMode="x"
    ),
}
FIREWALL: dict[str, Callable[[FakeEngine, str], object]] = {
    "missing": lambda engine, name: engine.containers.pop(name),
    "stopped": stop,
    "recreated": lambda engine, name: engine.containers[name].update(Id="e" * 64),
    "restarted": restart,
    "starting": lambda engine, name: health(engine, name, "starting"),
    "closed": lambda engine, name: health(engine, name, "unhealthy"),
    "without a health check": lambda engine, name: engine.containers[name]["State"].pop("Health"),
}


def assert_long_way(running: FakeProject) -> None:
    """Check that the helper opened nothing and handed everything on."""
    running.mark_long_way()
    done = running.claude("-p", "x y")
    assert done == (77, "", "")
    assert running.machine.calls() == []


@pytest.mark.parametrize("state", AGENT)
def test_agent_is_not_there(running: FakeProject, fake_engine: FakeEngine, state: str) -> None:
    """X-P1: no session opens where the agent's container is missing, or another's."""
    AGENT[state](fake_engine, f"{running.name}-claude-1")
    assert_long_way(running)


@pytest.mark.parametrize("state", FIREWALL)
def test_firewall_does_not_guard(running: FakeProject, fake_engine: FakeEngine, state: str) -> None:
    """X-F1: no session opens past a firewall that is not there, not ready, or not the agent's."""
    FIREWALL[state](fake_engine, f"{running.name}-firewall-1")
    assert_long_way(running)


@pytest.mark.parametrize(
    "changed",
    [
        {"Id": "d" * 64},
        {"State": {"Status": "running", "StartedAt": "2999-01-02T03:04:06.6Z"}},
    ],
)
def test_agent_that_has_not_proved_itself(
    running: FakeProject, fake_engine: FakeEngine, changed: dict[str, object]
) -> None:
    """X-E2: another container, or another start of this one, must prove first that the rules apply to it."""
    agent = fake_engine.containers[f"{running.name}-claude-1"]
    fake_engine.containers[f"{running.name}-claude-1"] = {**agent, **changed}
    assert_long_way(running)


def keep_ready(machine: Machine, fake_engine: FakeEngine, name: str) -> None:
    """Have a container's present start remembered as one that proved itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", machine.environment["XDG_CACHE_HOME"])
        found = Container(json.dumps(fake_engine.containers[name]).encode())
        readiness.remember_ready(name, found)


def test_engine_has_not_looked_yet(running: FakeProject, machine: Machine, fake_engine: FakeEngine) -> None:
    """X-P1: no session goes the long way after a start only because the engine has not looked yet."""
    name = f"{running.name}-firewall-1"
    keep_ready(machine, fake_engine, name)
    health(fake_engine, name, "starting")
    assert running.claude("--version").code == 0
    assert len(machine.calls()) == 1


@pytest.mark.parametrize("change", ["restarted", "recreated", "closed", "without a health check"])
def test_what_was_ready_once_is_not_for_ever(
    running: FakeProject, machine: Machine, fake_engine: FakeEngine, change: str
) -> None:
    """X-F1: the remembered start counts for that start only, and not against what the engine found."""
    name = f"{running.name}-firewall-1"
    keep_ready(machine, fake_engine, name)
    health(fake_engine, name, "starting")
    FIREWALL[change](fake_engine, name)
    # The agent follows, so that nothing but the firewall's readiness is in doubt.
    restart(fake_engine, f"{running.name}-claude-1")
    identity = fake_engine.containers[name]["Id"]
    fake_engine.containers[f"{running.name}-claude-1"]["HostConfig"]["NetworkMode"] = f"container:{identity}"
    keep_ready(machine, fake_engine, f"{running.name}-claude-1")
    assert_long_way(running)


def test_engine_fails(running: FakeProject, fake_engine: FakeEngine) -> None:
    """U-4: an engine that answers with an error is left to the long way, which explains it."""
    fake_engine.status = 500
    assert_long_way(running)


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:9", "ssh://example.invalid", "unix:///nowhere"])
def test_engine_is_not_on_a_socket_here(running: FakeProject, machine: Machine, host: str) -> None:
    """U-4: engines that are elsewhere or do not run are left to the long way."""
    machine.environment["DOCKER_HOST"] = host
    assert_long_way(running)


@pytest.mark.parametrize(
    "text", ["", "COMPOSE_PROJECT_NAME=other-12345678\nAIDEVCONTAINER_WORKSPACE=/other\n"]
)
@pytest.mark.usefixtures("fake_engine")
def test_never_started_here(running: FakeProject, text: str) -> None:
    """US-005.2: a copied directory brings the name of another's containers along, and must not open them."""
    (running.folder / ".env").write_text(text)
    assert_long_way(running)


def test_fractions_of_a_second_decide(running: FakeProject, fake_engine: FakeEngine) -> None:
    """X-P1: Go drops trailing zeros, so 5.6 is later than 5, and earlier than 5.61 (the restart above)."""
    fake_engine.containers[f"{running.name}-firewall-1"]["State"]["StartedAt"] = "2999-01-02T03:04:05Z"
    assert running.claude().code == 0


def test_needs_no_package_and_little_of_the_library(running: FakeProject) -> None:
    """X-P1: what is not imported costs nothing; these cost more than all the rest."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from aidevcontainer.session import fast; "
        "print(*sorted({'subprocess', 'pathlib', 'argparse', 'http', 'hashlib', 'plumbum', 'shutil', "
        "'socket', 'typing', 'tempfile', 'logging', 'threading'} & set(sys.modules)))"
    )
    done = running.machine.run(sys.executable, "-I", "-S", "-c", code, PACKAGES)
    assert (done.code, done.out.split()) == (0, [])


def test_private_engine_is_found(running: FakeProject, machine: Machine, fake_engine: FakeEngine) -> None:
    """U-4: where the only engine is the one this project brought along, nobody has to set DOCKER_HOST."""
    del machine.environment["DOCKER_HOST"]
    folder = machine.folder / "cache" / "aidevcontainer" / "engine"
    folder.mkdir(parents=True)
    private = machine.folder / "private"
    machine.bin.rename(private)
    (folder / "env.json").write_text(f'{{"docker_host": "{fake_engine.host}", "path": "{private}"}}')
    fake_engine.containers[f"{running.name}-claude-1"]["ExecIDs"] = ["left behind"]
    assert running.claude().code == 0
    machine.client.folder = private
    # The session, and what ends it where its terminal vanished.
    hosts = [call.environment["DOCKER_HOST"] for call in machine.await_calls(2)]
    assert hosts == [fake_engine.host] * 2


def test_interrupt_before_the_session_is_quiet(running: FakeProject, machine: Machine) -> None:
    """U-4: Ctrl+C in the first milliseconds says nothing; what a shell calls 130 is death by this signal."""
    machine.environment["DOCKER_HOST"] = f"unix://{running.machine.folder}/silent"
    script = (
        "import socket, subprocess, signal, sys, time, os; "
        "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); "
        "p = subprocess.Popen([sys.argv[2]], stderr=subprocess.PIPE, text=True); c = s.accept(); "
        "p.send_signal(signal.SIGINT); print(p.communicate(timeout=10)[1]); print(p.returncode)"
    )
    done = machine.run(
        sys.executable, "-c", script, running.machine.folder / "silent", running.folder / "claude"
    )
    assert done.out.split() == [str(-signal.SIGINT)], done


def test_an_unexpected_error_is_a_sentence_and_a_log(project: FakeProject, machine: Machine) -> None:
    """U-4: such as a damaged installation; the traceback is for a bug report."""
    helpers.stop_at_packages(machine.helpers, "raise RuntimeError('boom')\n")
    done = project.claude()
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("aidevcontainer: The helper stopped because of an unexpected error")
    assert "RuntimeError: boom" in done.err
    assert "Traceback" not in done.err
    (log,) = (machine.folder / "cache/aidevcontainer/logs").glob("error-*.log")
    assert str(log) in done.err
    assert "Traceback" in log.read_text()
