"""What the agent can name or write, as a person's terminal gets it from the commands."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_firewall import STATUS, listed
from tests.hostside.engine import container
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject
from tests.hostside.start import both_run
from tests.support import journals

__all__ = ["listed", "machine", "project"]

EVIL = "x\x1b]0;owned\x07\x1b[2J\u202e\x9by"


def is_safe(text: str) -> bool:
    return all(letter.isprintable() or letter == "\n" for letter in text)


@pytest.mark.parametrize("service", [["claude"], ["--follow", "firewall"], [], ["db"]])
def test_logs(project: FakeProject, service: list[str]) -> None:
    """Of one container and of all, from both of a program's streams."""
    project.machine.install_docker()
    both_run(project)
    project.record()
    project.machine.answer("compose version", out="2.26.1\n")
    project.machine.answer("logs", code=3, out=f"out {EVIL}\nnext\n", err=f"err {EVIL}\n")
    done = project.in_venv("cli.container", "logs", *service)
    assert done.code == 3
    assert "out x" in done.out
    assert "next\n" in done.out
    assert "err x" in done.out + done.err
    assert is_safe(done.out + done.err)


@pytest.mark.parametrize("command", ["status", "log"])
def test_the_firewall(listed: FakeProject, command: str) -> None:
    """Names that were refused, and what the firewall says of itself."""
    evil = {"names": [f"{EVIL}.example.org"]}
    address = {"protocol": EVIL, "port": EVIL, "address": EVIL, "names": [EVIL]}
    listed.machine.answer("journals.sh refused", out=journals.refused(evil, address))
    told = {
        **STATUS,
        "state": EVIL,
        "warnings": [EVIL],
        "error": EVIL,
        "proof": {"reached": EVIL, "refused": 1},
    }
    listed.machine.answer("status.json", out=json.dumps(told))
    for words in ([], ["--json"]):
        done = listed.in_venv("cli.firewall", command, *words)
        assert "x" in done.out
        assert is_safe(done.out + done.err)


def test_suggestions(listed: FakeProject) -> None:
    """The names of files that name hosts."""
    folder = listed.root / EVIL
    folder.mkdir()
    (folder / "uv.toml").write_text("index-url = 'https://one.corp.dev'\n")
    for words in ([], ["--json"]):
        done = listed.in_venv("cli.firewall", "suggest", *words)
        assert "one.corp.dev" in done.out
        assert is_safe(done.out + done.err)


@pytest.mark.parametrize("where", ["status", "doctor"])
def test_planted_repositories_and_branches(listed: FakeProject, where: str) -> None:
    """The names of folders, settings, hooks and branches."""
    root = str(listed.root)
    git = {**os.environ, "HOME": str(listed.machine.folder), "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "init", "--quiet", "--initial-branch=a\u202eb", root], env=git, check=True)
    planted = Path(root, EVIL)
    subprocess.run(["git", "init", "--quiet", planted], env=git, check=True)
    (planted / ".git/hooks" / EVIL).write_text("#!/bin/sh\n")
    (planted / ".git/hooks" / EVIL).chmod(0o755)
    with (planted / ".git/config").open("a") as file:
        file.write('[alias "\x1b[2J"]\n\tx\u202ey = !true\n')
    listed.machine.environment["PATH"] = f"{listed.machine.bin}:{os.environ['PATH']}"
    module = {"status": ("cli.container", "status"), "doctor": ("cli.container", "doctor", "--all")}[where]
    done = listed.in_venv(*module)
    assert done.out
    assert where == "doctor" or "would make your git run programs" in done.out + done.err
    assert is_safe(done.out + done.err)


def test_projects(listed: FakeProject) -> None:
    """The folders of other projects on this machine."""
    shown = {**container("c" * 64, Path(f"/home/{EVIL}")), "Name": "/x-claude-1"}
    shown["Config"]["Labels"]["aidevcontainer.workspace"] = f"/home/{EVIL}"
    shown["State"]["StartedAt"] = "2026-01-02T03:04:05Z"
    listed.machine.answer("container ls", out=f"{'c' * 64}\n")
    listed.machine.answer("container inspect --format", out=json.dumps(shown))
    done = listed.in_venv("cli.container", "list")
    assert "/home/x" in done.out
    assert is_safe(done.out + done.err)
