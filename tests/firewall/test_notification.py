"""Desktop notifications: how often, with what text, and how they reach a person."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aidevcontainer.firewall import notification
from aidevcontainer.firewall.notification import Notifier
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util.errors import Problem

EVIL = 'x"; do shell script "id"\x1b]0;y\x07<b>\\042&`$(id)'


def refused(*names: str) -> list[Refusal]:
    return [Refusal(1, 1, (name,), "", "dns", "") for name in names]


def program(folder: Path, name: str, code: int = 0) -> Path:
    """Makes a program that notes its arguments, one in each line."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{folder}/arguments"\nexit {code}\n')
    path.chmod(0o755)
    return folder / "arguments"


def test_one_in_a_few_seconds_tells_of_all() -> None:
    """X-F11: a flood is one notification; the same host is told once."""
    sent: list[str] = []

    def channel(_: str, text: str) -> bool:
        sent.append(text)
        return True

    notifier = Notifier("t", [channel])
    notifier.tell(refused("a.org"), 100)
    notifier.send(100)
    notifier.tell(refused(*(f"n{number}.org" for number in range(500)), "a.org"), 101)
    notifier.send(101)
    assert sent == ["The firewall refused a.org"]
    notifier.send(106)
    notifier.tell(refused("a.org"), 107)
    notifier.send(112)
    assert sent[1:] == ["The firewall refused n0.org and 499 more"]
    notifier.tell(refused("a.org"), 701)
    notifier.send(701)
    assert sent[2:] == ["The firewall refused a.org"]


@pytest.mark.parametrize(
    ("system", "name", "start"),
    [
        ("linux", "notify-send", ["--app-name=aidevcontainer", "--"]),
        ("darwin", "osascript", ["-e", "on run argv", "-e"]),
    ],
)
def test_text_is_an_argument_and_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, name: str, start: list[str]
) -> None:
    """X-F11: no shell, no AppleScript, no markup and no escape reads what the agent chose."""
    monkeypatch.setattr(sys, "platform", system)
    arguments = program(tmp_path, name)
    made = notification.notifier("/r/my <b>project", {"PATH": str(tmp_path), "DISPLAY": ":0"})
    made.tell(refused(EVIL), 100)
    made.send(100)
    words = arguments.read_text().splitlines()
    assert words[: len(start)] == start
    assert words[-2:] == [
        "aidevcontainer: my ?b?project",
        "The firewall refused x?? do shell script ?id??]0?y??b??042????id?",
    ]


def test_program_of_the_repository_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-F11: direnv puts its folders on the PATH, and the agent can write there."""
    monkeypatch.setattr(sys, "platform", "linux")
    program(tmp_path, "notify-send")
    with pytest.raises(Problem, match="There is no way to notify you"):
        notification.notifier(str(tmp_path), {"PATH": str(tmp_path), "DISPLAY": ":0"})


@pytest.mark.parametrize("variables", [{"DISPLAY": ""}, {"DISPLAY": ":0", "SSH_CONNECTION": "a 1 b 22"}])
def test_desktop_that_nobody_sits_at_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """X-F11: then the terminal gets it."""
    monkeypatch.setattr(sys, "platform", "linux")
    program(tmp_path, "notify-send")
    with pytest.raises(Problem):
        notification.notifier("/r", {"PATH": str(tmp_path), **variables})


@pytest.mark.parametrize(
    ("terminal", "expected"),
    [("xterm-256color", "\x1b]9;The firewall refused a.org\x1b\\\x07"), ("linux", "\x07"), ("dumb", "\x07")],
)
def test_terminal_is_the_last_way(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: str,
    expected: str,
) -> None:
    """X-F11: also where the desktop's program fails, which is then not tried again."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("os.isatty", lambda _: True)
    arguments = program(tmp_path, "notify-send", code=1)
    made = notification.notifier("/r", {"PATH": str(tmp_path), "DISPLAY": ":0", "TERM": terminal})
    for now, name in ((100, "a.org"), (200, "b.org")):
        made.tell(refused(name), now)
        made.send(now)
    assert capsys.readouterr().err.startswith(expected)
    assert arguments.read_text().count("The firewall refused") == 1
