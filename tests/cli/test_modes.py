"""Every command of every helper in every mode. They are found in the code, so a new one is here by itself."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Sequence

import pytest

from aidevcontainer.cli import completion
from tests.hostside import modes
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject
from tests.hostside.modes import Call, Ended
from tests.support.run import run

__all__ = ["machine", "project"]

TREE = completion.tree()
COMMANDS = [name for name in TREE if not any(other.startswith(f"{name} ") for other in TREE)]
GROUPS = [name for name in TREE if name not in COMMANDS]
WITH_JSON = [name for name in COMMANDS if "--json" in TREE[name]]
# An argument without which a command has nothing to do, and words that have it ask nothing.
WORDS = {
    "container completion": ["zsh"],
    "firewall allow": ["example.com"],
    "firewall deny": ["example.com"],
    "update": ["--check"],
}
# Not every machine has them; none of it may change what a command says, as long as there is no terminal.
ELSEWHERE: dict[str, str | None] = {
    "NO_COLOR": "1",
    "TERM": "dumb",
    "CI": "1",
    "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",
    "SSH_TTY": "/dev/pts/7",
    "LC_ALL": "C",
}

Do = Callable[..., dict[str, Ended]]


@pytest.fixture
def do(project: FakeProject) -> Do:
    """Run commands with some words behind them, on a machine without an engine, in a repository."""
    project.complete()
    (project.root / ".git").rename(project.root / ".gone")
    run(["git", "init", "--quiet", str(project.root)]).checked()

    def given(
        names: Sequence[str],
        *words: str,
        variables: dict[str, str | None] | None = None,
        unread: bool = False,
    ) -> dict[str, Ended]:
        calls = [
            Call([*name.split(), *words, *WORDS.get(name, [])], variables or {}, unread) for name in names
        ]
        ended = dict(zip(names, modes.run(project, calls), strict=True))
        assert not [name for name, each in ended.items() if "Traceback" in each.out + each.err]
        assert not [name for name, each in ended.items() if "\033" in each.out + each.err]
        return ended

    return given


def failures(ended: dict[str, Ended]) -> dict[str, Ended]:
    return {name: each for name, each in ended.items() if each.code}


def test_help(do: Do) -> None:
    """U-2: usage, and examples, on standard output, in lines that fit."""
    for name, each in do([*GROUPS, *COMMANDS], "--help").items():
        assert (each.code, each.err) == (0, ""), name
        assert each.out.startswith(f"Usage: ./.aidevcontainer/{name} "), name
        assert "\nExamples:\n  " in each.out, name
        assert "-q, --quiet " in each.out, name
        assert max(map(len, each.out.splitlines())) <= 110, name


@pytest.mark.parametrize("words", [["--bogus"], ["--bogus", "--json"]], ids=" ".join)
def test_unknown_switch(do: Do, words: list[str]) -> None:
    """U-2: wrong usage is one sentence with the way to the help; a program is answered as well."""
    for name, each in do(COMMANDS, *words).items():
        assert each.code == 2, name
        assert each.err.count("\n") == 1, name
        assert f"{name} --help" in each.err, name
        assert ("error" in json.loads(each.out)) if "--json" in words else each.out == "", name


def test_group_alone(do: Do) -> None:
    """U-2: its help, as wrong usage."""
    alone, helped = do(GROUPS), do(GROUPS, "--help")
    for name, each in alone.items():
        assert each == helped[name]._replace(code=2)


def test_without_a_terminal_anywhere(do: Do) -> None:
    """U-2: failures are sentences on standard error and nothing else; CI, ssh, no colours change nothing."""
    do(COMMANDS)  # what they change is changed from then on
    plain = do(COMMANDS)
    assert {each.code for each in plain.values()} <= {0, 1, 2}
    for name, each in failures(plain).items():
        assert name == "container doctor" or (each.out == "" and "aidevcontainer: " in each.err), name
    elsewhere = do(COMMANDS, variables=ELSEWHERE)
    assert {name: each.code for name, each in elsewhere.items()} == {
        n: each.code for n, each in plain.items()
    }
    same = [name for name in COMMANDS if name != "container doctor"]
    assert {name: elsewhere[name] for name in same} == {name: plain[name] for name in same}


def test_quiet(do: Do) -> None:
    """U-2: before and behind the command's name; only problems are said, and answers stay answers."""
    behind = do(COMMANDS, "-q")
    before = do([f"{name.split()[0]} -q {' '.join(name.split()[1:])}" for name in COMMANDS if " " in name])
    for name, each in behind.items():
        helper, _, rest = name.partition(" ")
        if rest and name not in WORDS and name != "container doctor":
            assert before[f"{helper} -q {rest}"] == each, name
        assert all(line.startswith("aidevcontainer: ") for line in each.err.splitlines()[:1]), name
        assert each.code or each.err == "" or name.endswith("suggest"), name


def test_json(do: Do) -> None:
    """U-2: alone on standard output, also when there is only a failure to tell."""
    for name, each in do(WITH_JSON, "--json").items():
        found = json.loads(each.out)
        if name != "container doctor" and each.code:
            assert f"aidevcontainer: {found['error']}\n" == each.err, name


def test_nobody_reads(do: Do) -> None:
    """U-2: `| head -1` ends a command without a word about pipes."""
    for name, each in do(COMMANDS, unread=True).items():
        assert each.code in (0, 1, 2, 141), name
        assert "pipe" not in each.err.lower(), name
    for name, each in do([*GROUPS, *COMMANDS], "--help", unread=True).items():
        assert (each.code, each.err) == (141, ""), name


@pytest.mark.parametrize(
    "variables",
    [{"XDG_CACHE_HOME": None, "HOME": None}, {"XDG_CACHE_HOME": "/dev/null"}],
    ids=["home", "cache"],
)
def test_without_a_place(do: Do, variables: dict[str, str | None]) -> None:
    """U-2: services have no home, and a cache may be one that nobody may write."""
    for name, each in do([*COMMANDS, *GROUPS], variables=variables).items():
        assert each.code in (0, 1, 2), name


def test_read_only_checkout(do: Do, project: FakeProject) -> None:
    """U-2: looking needs no right to write, and what does need it says so."""
    plain = do(COMMANDS)
    places = [path for path in [project.root, *project.root.rglob("*")] if not path.is_symlink()]
    for path in places:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
    try:
        for name, each in do(COMMANDS).items():
            assert each.code in (plain[name].code, 1), name
    finally:
        for path in places:
            path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o200)
