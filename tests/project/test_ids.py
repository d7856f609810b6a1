"""Whose ids the agent's files carry."""

from __future__ import annotations

import os

import pytest

from aidevcontainer.project import ids
from aidevcontainer.util.errors import Problem


@pytest.fixture
def mac_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first user of a Mac."""
    monkeypatch.setattr(os, "getuid", lambda: 501)
    monkeypatch.setattr(os, "getgid", lambda: 20)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root."""
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(os, "getgid", lambda: 0)


@pytest.mark.usefixtures("mac_user")
def test_callers_ids_are_detected() -> None:
    """US-005.2: nobody has to know their ids."""
    assert ids.detect({}, {}, "/") == (501, 20)


@pytest.mark.usefixtures("mac_user")
@pytest.mark.parametrize(
    ("caller", "recorded", "expected"),
    [
        ({"CLAUDE_UID": "7", "CLAUDE_GID": "8"}, {"CLAUDE_UID": "1", "CLAUDE_GID": "2"}, (7, 8)),
        ({}, {"CLAUDE_UID": "1", "CLAUDE_GID": "2"}, (1, 2)),
        ({"CLAUDE_UID": "7"}, {}, (7, 20)),
        ({"CLAUDE_UID": ""}, {"CLAUDE_UID": ""}, (501, 20)),
        ({"CLAUDE_UID": "", "CLAUDE_GID": ""}, {"CLAUDE_UID": "1", "CLAUDE_GID": "2"}, (501, 20)),
    ],
)
def test_given_ids_win(caller: dict[str, str], recorded: dict[str, str], expected: tuple[int, int]) -> None:
    """US-005.1, FR-7: the environment before `.env` before the caller's own."""
    assert ids.detect(caller, recorded, "/") == expected


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("caller", [{}, {"CLAUDE_UID": "1000"}, {"CLAUDE_GID": "1000"}])
def test_root_is_refused_with_the_way_out(caller: dict[str, str]) -> None:
    """U-5: the agent never runs as root; the sentence shows the command that works."""
    with pytest.raises(Problem, match=r"CLAUDE_UID=\d+ CLAUDE_GID=\d+ \./\.aidevcontainer/claude") as caught:
        ids.detect(caller, {}, "/")
    assert caught.value.code == 2


@pytest.mark.usefixtures("root")
def test_root_with_ids_is_served() -> None:
    """U-5: root in a clean room, as in a CI job, says whose files they are."""
    assert ids.detect({"CLAUDE_UID": "1000", "CLAUDE_GID": "0"}, {}, "/") == (1000, 0)


@pytest.mark.usefixtures("mac_user")
@pytest.mark.parametrize("uid", ["0", "000"])
def test_root_inside_is_refused_to_everybody(uid: str) -> None:
    """U-5: also when asked for."""
    with pytest.raises(Problem, match="never runs as root"):
        ids.detect({"CLAUDE_UID": uid}, {}, "/")


@pytest.mark.usefixtures("mac_user")
@pytest.mark.parametrize("text", ["me", "-1", "1.5", "1 000", "²"])
def test_junk_is_refused(text: str) -> None:
    """US-005.1: a name is not an id."""
    with pytest.raises(Problem, match=f"CLAUDE_GID is '{text}', which is not a number"):
        ids.detect({"CLAUDE_GID": text}, {}, "/")
