"""Rows that change in place."""

from __future__ import annotations

import os

import pyte
import pytest

from aidevcontainer.util.panel import Panel


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> pyte.Screen:
    """A window of 20 by 8 characters, as the terminal of standard error."""
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((20, 8)))
    return pyte.Screen(20, 8)


def drawn(screen: pyte.Screen, capsys: pytest.CaptureFixture[str]) -> list[str]:
    pyte.Stream(screen).feed(capsys.readouterr().err.replace("\n", "\r\n"))
    return [line.rstrip() for line in screen.display if line.strip()]


def test_rows_replace_each_other(screen: pyte.Screen, capsys: pytest.CaptureFixture[str]) -> None:
    """X-F11: nothing of the former rows stays."""
    panel = Panel(moves=True)
    panel.show(["a long title that needs two rows", "keys"])
    panel.show(["short", "keys"])
    assert drawn(screen, capsys) == ["short", "keys"]
    panel.clear()
    assert drawn(screen, capsys) == []


def test_end_of_a_long_name_is_shown(screen: pyte.Screen, capsys: pytest.CaptureFixture[str]) -> None:
    """X-F11: the agent chooses the start of a name, to look like another one."""
    Panel(moves=True).show([f"Allow {'good.example.' * 3}evil.example?"])
    assert "".join(drawn(screen, capsys)).endswith("evil.example?")


def test_no_control_character_passes(screen: pyte.Screen, capsys: pytest.CaptureFixture[str]) -> None:
    """X-F11: whatever the text is."""
    Panel(moves=True).show(["a\x1b[2Jb\x07"])
    assert drawn(screen, capsys) == ["a?[2Jb?"]


@pytest.mark.usefixtures("screen")
def test_terminal_that_cannot_move_keeps_all(capsys: pytest.CaptureFixture[str]) -> None:
    """X-F11: as lines below each other."""
    panel = Panel(moves=False)
    panel.show(["one"])
    panel.show(["two"])
    panel.clear()
    assert capsys.readouterr().err == "one\ntwo\n"
