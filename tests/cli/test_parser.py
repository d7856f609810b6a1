"""Help with examples, and errors that are sentences, of every command of every helper."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
from plumbum import cli

from aidevcontainer.cli import commands as helpers
from aidevcontainer.cli.completion import tree
from aidevcontainer.cli.container import ContainerCommand
from aidevcontainer.cli.examples import EXAMPLES
from aidevcontainer.cli.firewall import FirewallCommand
from aidevcontainer.cli.hook import HookCommand
from aidevcontainer.cli.parser import CommandLine
from aidevcontainer.cli.update import UpdateCommand
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Machine

__all__ = ["machine", "project"]


def commands(name: str, command: type[cli.Application]) -> Iterator[tuple[str, type[cli.Application]]]:
    """Return all commands below one, with their whole names."""
    for word, found in command(name)._subcommands.items():
        below = list(commands(f"{name} {word}", found.get()))
        yield from below or [(f"{name} {word}", found.get())]


GROUPS = {"container": ContainerCommand, "firewall": FirewallCommand, "hook": HookCommand}
ALL = {
    **dict(pair for name, group in GROUPS.items() for pair in commands(name, group)),
    "update": UpdateCommand,
}


@pytest.mark.parametrize("name", ALL)
def test_help_has_examples_that_work(name: str) -> None:
    """U-2: usage, every switch with what it does, and examples that the command itself accepts."""
    command = ALL[name]
    assert issubclass(command, CommandLine)
    shown = command(name).help_text()
    assert shown.startswith(f"Usage: ./.aidevcontainer/{name} [OPTIONS]")
    for word in tree()[name]:
        assert word in shown
    for words, _ in EXAMPLES[name]:
        assert f"\n  ./.aidevcontainer/{name} {words}".rstrip() in shown
        tail = shlex.split(words.partition(" >")[0])
        made = command(name)
        made._validate_args(*made._parse_args(tail))


def test_no_example_is_left_over() -> None:
    """U-2: an example of a command that is gone helps nobody."""
    assert set(EXAMPLES) <= {*ALL, "aidevcontainer init"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["container", "up", "--zzz"],
            "Unknown switch --zzz. Help: ./.aidevcontainer/container up --help",
        ),
        (["container", "down", "--yas"], "Did you mean --yes?"),
        (["container", "up", "now"], "container up --help"),
        (["container", "bridge", "status", "--jsn"], "Did you mean --json?"),
        (["firewall", "allow", "--for"], "requires an argument"),
        (["firewall", "allow", "--for", "1m", "--once"], "firewall allow --help"),
        (["hook", "-x"], "hook --help"),
    ],
)
def test_wrong_words_are_one_sentence(project: FakeProject, words: list[str], said: str) -> None:
    """U-2: on standard error, with exit code 2, and nothing where a script expects an answer."""
    done = project.in_venv(f"cli.{words[0]}", *words[1:])
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_all_helpers_complete() -> None:
    """U-2: no helper with commands is left out of the completion."""
    assert set(helpers.WITH_SWITCHES) == {*GROUPS, "update"}


def test_verbose_shows_the_commands_that_run(project: FakeProject, machine: Machine) -> None:
    """U-2: before or behind the command's name, on standard error."""
    machine.install_docker()
    for words in (("--verbose", "down", "--yes"), ("down", "--yes", "--verbose")):
        done = project.in_venv("cli.container", *words)
        assert any(line.startswith("+ ") and "docker" in line for line in done.err.splitlines()), done
    assert "+ " not in project.in_venv("cli.container", "down", "--yes").err
