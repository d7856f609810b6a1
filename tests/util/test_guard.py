"""The outermost frame: failures become sentences and exit codes."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.guard import guarded


def failing(error: BaseException) -> int:
    def work() -> int:
        raise error

    return guarded(Console(), work)


@pytest.mark.parametrize("code", [0, 3])
def test_exit_code_is_the_works(code: int) -> None:
    """U-2: nothing failed, nothing is changed."""
    assert guarded(Console(), lambda: code) == code


@pytest.mark.parametrize("code", [1, 2])
def test_problem_is_told(capsys: pytest.CaptureFixture[str], code: int) -> None:
    """U-4: the sentence on standard error, the code that belongs to it."""
    assert failing(Problem("It does not work. Try: this", code)) == code
    assert capsys.readouterr() == ("", "aidevcontainer: It does not work. Try: this\n")


@pytest.mark.parametrize(
    ("number", "help_with"),
    [(errno.ENOSPC, "df -h '/x/.env'"), (errno.EACCES, "ls -ld '/x/.env'"), (errno.EIO, "")],
)
def test_refusal_of_the_machine_is_a_sentence(
    capsys: pytest.CaptureFixture[str], number: int, help_with: str
) -> None:
    """U-4: a full disk, a file of somebody else's: what, where, and a command."""
    assert failing(OSError(number, os.strerror(number), "/x/.env")) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"aidevcontainer: System error: {os.strerror(number)} (/x/.env).")
    assert help_with in said


def test_unexpected_error_is_one_sentence_and_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """U-4: no traceback before a user; it is in a file, with what a bug report needs and no secret."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["container", "up", "https://me:secret@host/", "A_TOKEN=secret"])
    assert failing(KeyError("Id")) == 1
    (log,) = (tmp_path / "aidevcontainer/logs").iterdir()
    assert capsys.readouterr() == (
        "",
        "aidevcontainer: The helper stopped because of an unexpected error (KeyError: 'Id'); "
        f"the details are in {log}\n",
    )
    assert log.stat().st_mode & 0o777 == 0o600
    written = log.read_text()
    assert written.startswith("aidevcontainer ")
    assert "\nCommand: container up 'https://***@host/' 'A_TOKEN=***'\n" in written
    assert "Traceback (most recent call last):" in written
    assert "secret" not in written


def test_unexpected_error_without_a_place_for_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """U-4: also a program that waits for JSON is told."""
    (tmp_path / "aidevcontainer").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def work() -> int:
        raise RuntimeError("first\nsecond")

    assert guarded(Console(as_json=True), work) == 1
    sentence = "The helper stopped because of an unexpected error (RuntimeError: first)."
    said = capsys.readouterr()
    assert said.err == f"aidevcontainer: {sentence}\n"
    assert json.loads(said.out) == {"error": sentence}


class _InterruptError(ValueError, KeyboardInterrupt):
    """Ctrl+C at a question, as Copier raises it."""


@pytest.mark.parametrize("error", [KeyboardInterrupt(), _InterruptError()])
def test_interrupt_is_quiet(capsys: pytest.CaptureFixture[str], error: BaseException) -> None:
    """US-001.4: Ctrl+C while something starts shows no traceback."""
    assert failing(error) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("setting", ["", "1"])
def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """U-4: neither in a file nor against NO_COLOR."""
    monkeypatch.setenv("NO_COLOR", setting)
    monkeypatch.setattr("aidevcontainer.util.console._is_terminal", lambda _: True)
    assert Console().coloured is (setting == "")
    monkeypatch.setattr("aidevcontainer.util.console._is_terminal", lambda _: False)
    assert Console().coloured is False


def test_names_that_others_chose_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """X-S1: a file's name may hold what a terminal obeys, or bytes that are no letters."""
    failing(Problem("First line: a\x1b]0;owned\x07b\nSecond: caf\udce9"))
    assert capsys.readouterr().err == "aidevcontainer: First line: a?]0;owned?b\nSecond: caf?\n"
