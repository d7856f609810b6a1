"""The README says what is true: its commands, its questions, its example list, the files it names."""

from __future__ import annotations

import re

import pytest

from aidevcontainer.cli.container import ContainerCommand
from tests.support import firewall_list
from tests.support.questions import questions
from tests.support.scaffold import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SCAFFOLD = ROOT / "template/.aidevcontainer"


def block_with(text: str) -> str:
    """Return the fenced block that contains a text."""
    found = [block for block in re.findall(r"```\w*\n(.*?)```", README, re.DOTALL) if text in block]
    assert found, text
    return str(found[0])


def test_two_commands_come_first() -> None:
    """US-006.1: the first block holds the command for the main job and the one that runs every test."""
    first = block_with("")
    commands = [line.split("#")[0].strip() for line in first.splitlines()]
    assert commands == ["$ python3 bootstrap PATH", "$ python3 tests"]
    assert (ROOT / "bootstrap/__main__.py").exists()
    assert (ROOT / "tests/__main__.py").exists()


def test_the_gate_runs_the_readmes_test_command() -> None:
    """US-006: what CI runs is what the README says, and nothing else."""
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if "python3" in line]
    assert commands == ['CI=true python3 tests "$@"']


def test_the_way_of_working_is_there() -> None:
    """US-006.1: `up -d` and `exec`, with ids for Linux and macOS."""
    plain = block_with("docker compose up -d")
    assert "docker compose exec claude claude" in plain
    assert "CLAUDE_UID=$(id -u) CLAUDE_GID=$(id -g)" in plain
    assert re.search(r"501\b.*macOS|macOS.*\b501", README)
    assert re.search(r"1000\b.*Linux|Linux.*\b1000", README)


def test_the_example_list_is_one_that_the_firewall_accepts() -> None:
    """US-006.1, FR-3: the example file of allowed domains lints, and every kind of entry is in it."""
    example = block_with("*.example.com")
    assert firewall_list.sentences(example) == ""
    assert {rule.kind for rule in firewall_list.rules(example)} == {"name", "wildcard", "service", "net4"}


def test_the_firewall_is_explained() -> None:
    """US-006.1: what happens to each kind of attempt, what changes it, and what it cannot stop."""
    chapter = README.split("\n## The firewall\n")[1].split("\n## ")[0]
    for answer in ("NXDOMAIN", "REJECT", "through", "refused", "impossible"):
        assert answer in chapter
    for attempt in (
        "any other name",
        "IPv4 or IPv6",
        "another DNS server",
        "private networks",
        "from outside",
    ):
        assert attempt in chapter
    for command in ("allow", "deny", "log", "reload", "status", "suggest", "test"):
        assert f"./.aidevcontainer/firewall {command}" in chapter
    assert "### What it cannot stop" in chapter


def test_every_question_is_explained() -> None:
    """US-006, U-1: the table lists the questions that Copier asks, in their order."""
    asked = [name for name, question in questions().items() if question.get("when") is not False]
    table = README.split("### The questions")[1].split("## ")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == asked


def test_every_command_exists() -> None:
    """US-006: a helper and subcommand that the README names is there."""
    used = re.findall(r"\./\.aidevcontainer/(\w+)(?: (\w+))?", README)
    assert {helper for helper, _ in used} >= {"claude", "container"}
    known = set(ContainerCommand("container")._subcommands)
    for helper, subcommand in used:
        assert (SCAFFOLD / helper).exists(), helper
        if helper == "container" and subcommand:
            assert subcommand in known, subcommand


TREE = next(block for block in README.split("```") if "\n  packages.txt" in block)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"^  ([\w.-]+)", TREE, re.MULTILINE))))
def test_every_file_it_lists_is_written(name: str) -> None:
    """US-006: the tree shows files that the template has."""
    assert (SCAFFOLD / name).exists() or (SCAFFOLD / f"{name}.jinja").exists(), name
