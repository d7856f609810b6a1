"""`firewall watch` without a person: lines, objects and notifications."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject
from tests.hostside.refusing import RefusingFirewall

__all__ = ["machine", "project"]


@pytest.fixture
def firewall(project: FakeProject) -> RefusingFirewall:
    made = RefusingFirewall(project)
    made.lookups("earlier.example.net")
    return made


@contextmanager
def watching(firewall: RefusingFirewall, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`firewall watch` with pipes."""
    project = firewall.project
    with subprocess.Popen(
        project.command_line("cli.firewall", "watch", *arguments),
        cwd=project.root,
        env=project.machine.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        firewall.await_question()
        yield process
        process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_without_a_terminal_it_shows_lines_and_takes_no_answers(firewall: RefusingFirewall) -> None:
    """X-F11: says so once; an answer on a pipe could be anybody's."""
    with watching(firewall) as process:
        firewall.lookups("a.example.net")
        assert line(process).endswith("a.example.net (not on the list)\n")
        assert process.stdin
        process.stdin.write("a\n3\no\n")
        process.stdin.flush()
        firewall.lookups("b.example.net")
        assert line(process).endswith("b.example.net (not on the list)\n")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0
        assert said.count("takes no answers, because there is no terminal") == 1
        assert len(said.splitlines()) == 1
    assert firewall.told() == []


def test_json_is_an_object_for_each_refusal(firewall: RefusingFirewall) -> None:
    """X-F11: and nothing else, also of a request whose name was refused."""
    with watching(firewall, "--json") as process:
        firewall.refuse({"protocol": "tls", "port": "443", "names": ["a.example.net"], "reason": "name"})
        found = json.loads(line(process))
        assert found.items() >= {"name": "a.example.net", "protocol": "tls", "reason": "name"}.items()
        firewall.end()
        out, said = process.communicate(timeout=20)
        assert process.returncode == 1
        assert set(json.loads(out)) == {"error"}
        assert said.count("\n") == 1


def test_notification_needs_a_way(firewall: RefusingFirewall) -> None:
    """X-F11: says why there is none."""
    done = firewall.project.in_venv("cli.firewall", "watch", "--notify")
    assert (done.code, "There is no way to notify you" in done.err) == (1, True)


def test_notifications_leave_out_hosts_that_are_never_asked_about(firewall: RefusingFirewall) -> None:
    """X-F11: without a terminal too."""
    machine = firewall.project.machine
    told = machine.bin / "told"
    program = machine.bin / "notify-send"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{told}"\n')
    program.chmod(0o755)
    machine.environment["DISPLAY"] = ":0"
    never = machine.folder / "cache" / "aidevcontainer" / "never-asked" / firewall.project.name
    never.parent.mkdir(parents=True)
    never.write_text("never.example.net\n")
    with watching(firewall, "--notify", "-q") as process:
        firewall.lookups("never.example.net", "a.example.net")
        assert "a.example.net" in line(process) + line(process)
        firewall.await_question()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert told.read_text().endswith("The firewall refused a.example.net\n")


def test_nothing_runs(project: FakeProject) -> None:
    """X-F11: says what starts it."""
    project.machine.install_docker()
    project.machine.answer("exec", 1, err="Error response from daemon: container x is not running\n")
    done = project.in_venv("cli.firewall", "watch")
    assert (done.code, "Start it: ./.aidevcontainer/container up" in done.err) == (1, True)
