"""Completion of the helpers in shells, by the shells themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aidevcontainer.cli import completion
from aidevcontainer.cli.completion import SHELLS
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject
from tests.support.run import run
from tests.support.terminal import Terminal

__all__ = ["machine", "project"]

ASK = """\
source "$1"; COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2))
_aidevcontainer "$2" "${!#}"; echo ${COMPREPLY[@]}
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script for bash."""
    path = tmp_path / "completion.bash"
    path.write_text(completion.bash(completion.tree()))
    return path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["./.aidevcontainer/container", "re"], "restart rebuild"),
        (["/a/.aidevcontainer/container", "bridge", "st"], "status"),
        (["./.aidevcontainer/container", "uninstall", "--yes", "--k"], "--keep-sign-in"),
        (["./.aidevcontainer/firewall", "allow", "--o"], "--once"),
        (["../.aidevcontainer/hook", ""], "install uninstall status lines --quiet --verbose --help"),
        (["./.aidevcontainer/hook", "install", "up"], ""),
    ],
)
def test_bash_completes(script: Path, words: list[str], expected: str) -> None:
    """U-2: commands, their commands and their switches, from any directory."""
    done = run(["bash", "--norc", "-uc", ASK, "bash", str(script), *words]).checked()
    assert (done.out.strip(), done.err) == (expected, "")


def test_bash_completes_what_is_typed(script: Path, project: FakeProject) -> None:
    """U-2: on a terminal, with the key."""
    environment = {**project.machine.environment, "TERM": "xterm", "PS1": "$ "}
    with Terminal(["bash", "--norc", "--noprofile", "-i"], cwd=project.root, env=environment) as terminal:
        terminal.send(f"source '{script}'; echo re''ady\n")
        terminal.wait_for("\nready")
        terminal.send("./.aidevcontainer/container unin\t--dr\t")
        terminal.wait_for(r"\./\.aidevcontainer/container uninstall --dry-run")


@pytest.mark.parametrize(("shell", "flag"), [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")])
def test_scripts_are_what_the_shell_takes(tmp_path: Path, shell: str, flag: str) -> None:
    """U-2: names of commands and sentences about them are quoted as each shell wants it."""
    text = SHELLS[shell]({**completion.tree(), "container x": {"it's": 'a `b` "c" $d \\ e; f'}})
    assert "container" in text
    if shutil.which(shell):
        path = tmp_path / "script"
        path.write_text(text)
        assert run([shell, flag, str(path)]).checked().err == ""


@pytest.mark.parametrize(("words", "code"), [(["bash"], 0), (["tcsh"], 2), ([], 2)])
def test_command_prints_it(project: FakeProject, script: Path, words: list[str], code: int) -> None:
    """U-2: for the shell that is named, without a container engine."""
    done = project.in_venv("cli.container", "completion", *words)
    assert (done.code, done.out == script.read_text()) == (code, code == 0)
