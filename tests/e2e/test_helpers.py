"""The helpers on a real engine, where stand-ins prove little: ends of sessions, odd names, dead networks."""

from __future__ import annotations

import signal
import ssl
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.project.test_authorities import DER, USED
from tests.support.docker import docker
from tests.support.fixtures import NewProject
from tests.support.project import Project

pytestmark = pytest.mark.engine

SHELL = ("container", "shell")


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Return whether the condition held within the time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def start(project: Project, helper: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a helper as the project's user, with its streams at hand."""
    return subprocess.Popen(
        [str(project.scaffold / helper), *arguments],
        cwd=project.path,
        env=project.user.environment,
        preexec_fn=project.user.become,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def count(project: Project, words: str) -> int:
    return sum(words in line for line in project.processes())


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_killed_client_ends_its_session(project: Project, death: signal.Signals) -> None:
    """U-4: however the client dies; what the session put into the background on purpose stays."""
    mark = str(70000 + death)
    script = f"setsid sleep {mark}1 & exec sleep {mark}2"
    opened = start(project, *SHELL, "--", "sh", "-c", script)
    assert until(lambda: count(project, f"sleep {mark}2") == 1)
    opened.send_signal(death)
    opened.wait(20)
    assert until(lambda: count(project, f"sleep {mark}2") == 0), project.processes()
    assert count(project, f"sleep {mark}1") == 1
    project.inside("pkill", "-f", f"sleep {mark}1")


def test_deaf_session_is_ended_too(project: Project) -> None:
    """U-4: a process that ignores the hang-up is killed two seconds later."""
    script = "trap '' HUP; while :; do sleep 0.7; done"
    with project.terminal(".aidevcontainer/container", "shell", "--", "sh", "-c", script) as terminal:
        assert until(lambda: count(project, "trap") == 1)
        terminal.vanish()
        assert until(lambda: count(project, "trap") == 0), project.processes()


def test_ordinary_end_disturbs_no_other_session(project: Project) -> None:
    """M-2: sessions come and go beside one that stays."""
    with project.terminal(".aidevcontainer/container", "shell", "--", "sleep", "71234") as terminal:
        assert until(lambda: count(project, "sleep 71234") == 1)
        for _ in range(5):
            assert project.helper(*SHELL, "--", "true").code == 0
        time.sleep(3)
        assert count(project, "sleep 71234") == 1
        terminal.key("ctrl-c")


def test_program_sees_the_size_from_its_first_moment(project: Project) -> None:
    """U-4: no flash of 80 by 24."""
    for rows, columns in ((41, 133), (24, 80), (10, 40)):
        with project.terminal(
            ".aidevcontainer/container", "shell", "--", "stty", "size", rows=rows, columns=columns
        ) as terminal:
            terminal.wait_for(f"{rows} {columns}")


def test_command_substitution_does_not_wait(project: Project) -> None:
    """U-4: `$(…)` ends when the session does, though another session still runs."""
    with project.terminal(".aidevcontainer/container", "shell", "--", "sleep", "72345") as terminal:
        assert until(lambda: count(project, "sleep 72345") == 1)
        started = time.monotonic()
        done = project.run("sh", "-c", 'x=$(./.aidevcontainer/container shell -- echo "a  b"); echo "[$x]"')
        assert done.out == "[a  b]\n"
        assert time.monotonic() - started < 10
        terminal.key("ctrl-c")


def test_odd_directory_name(new_project: NewProject) -> None:
    """U-1, US-005.2: nothing between the shell and the mount stumbles over a name."""
    name = 'it\'s #1 (50% "done") ünï 项目 $HOME'
    project = new_project(name, up=True)
    project.write("proof.txt", name)
    assert project.helper("container", "shell", "--", "cat", "proof.txt").out == name
    assert project.compose("ps", "--quiet").checked().out.count("\n") == 2


def test_restarted_firewall_is_followed(new_project: NewProject) -> None:
    """X-F1, US-004.3: the firewall was restarted or removed; the next session has its network again."""
    project = new_project("restarted", up=True)
    for action in (("restart", "--time", "1"), ("rm", "--force")):
        docker(*action, project.firewall)
        done = project.helper("claude", "--version")
        assert done.code == 0, done.err
        mode = docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", project.claude).out.strip()
        firewall = docker("inspect", "--format", "{{.Id}}", project.firewall).out.strip()
        assert mode == f"container:{firewall}"
        assert project.inside("getent", "hosts", "localhost").code == 0


def test_two_first_starts_at_once(new_project: NewProject) -> None:
    """U-4: both end in a session, one of them did the work."""
    project = new_project("twice")
    started = [start(project, "claude", "--version") for _ in range(2)]
    ended = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], ended
    assert all("(Claude Code)" in out for out, _ in ended)
    assert sum("Starting the firewall." in said for _, said in ended) == 1


def test_status_and_down(new_project: NewProject) -> None:
    """US-001.2, FR-8: `status` tells the truth before, while and after; `down` keeps the volumes."""
    project = new_project("status")
    assert "stopped" in project.helper("container", "status").out
    project.helper("container", "up").checked()
    text = project.helper("container", "status").out
    assert "ready: " in text
    project.helper("container", "down").checked()
    assert "stopped" in project.helper("container", "status").out
    volumes = docker("volume", "ls", "--quiet").out
    assert f"{project.claude.removesuffix('-claude-1')}_config" in volumes


@pytest.mark.parametrize("service", [["claude"], []])
def test_the_agent_cannot_speak_to_the_terminal_through_the_log(project: Project, service: list[str]) -> None:
    """It can write into its container's output, and a terminal would obey what is there."""
    evil = "printf 'mark \\033]0;owned\\007\\033]52;c;eA==\\007\\033[2J\\rmark\\n' >/proc/1/fd/1"
    project.inside("sh", "-c", evil, check=True)
    shown = project.helper("container", "logs", *service).checked().out
    assert "mark ?]0;owned?" in shown
    assert all(letter.isprintable() or letter in "\n\t" for letter in shown)


def test_certificates_in_every_form_are_used(project: Project) -> None:
    """Also by the image's own awk and shell."""
    folder = project.path / "forms"
    folder.mkdir()
    folder.chmod(0o755)
    for name, content in USED.items():
        (folder / name).write_bytes(content)
    # Without the program that writes the image's own bundle again.
    program = "PATH=/usr/bin:/bin /usr/local/lib/aidevcontainer/trust-ca.sh"
    script = (
        f"cp -r forms /tmp/ca && {program} /tmp/ca /tmp/bundle && cat /tmp/bundle; rm -r /tmp/ca /tmp/bundle"
    )
    said = project.inside("sh", "-c", script, check=True)
    end = "-----END CERTIFICATE-----\n"
    found = [ssl.PEM_cert_to_DER_cert(each + end) for each in said.out.split(end)[:-1]]
    assert found == [DER] * len(USED)
