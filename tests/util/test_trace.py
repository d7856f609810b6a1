"""Showing the commands that run: only on request, and never a secret."""

from __future__ import annotations

import pytest

from aidevcontainer.util import trace


@pytest.mark.parametrize(
    ("value", "shows"), [("1", True), ("true", True), ("", False), ("0", False), ("no", False)]
)
def test_only_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str, shows: bool
) -> None:
    """U-4: standard output is for answers, so it goes to standard error."""
    monkeypatch.setenv(trace.VARIABLE, value)
    trace.command(["docker", "compose", "up", "--detach"])
    assert capsys.readouterr() == ("", "+ docker compose up --detach\n" if shows else "")


def test_switched_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """U-4: `--verbose` is the variable, which programs that the helpers start see as well."""
    monkeypatch.setenv(trace.VARIABLE, "0")
    trace.enable()
    trace.command(["git", "status"])
    assert capsys.readouterr().err == "+ git status\n"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["sh", "-c", 'echo "$1"'], "sh -c 'echo \"$1\"'"),
        (["git", "ls-remote", "https://me:secret@host/x@y"], "git ls-remote 'https://***@host/x@y'"),
        (["git", "ls-remote", "https://host/x@y"], "git ls-remote https://host/x@y"),
        (["git", "ls-remote", "git@host:x"], "git ls-remote git@host:x"),
        (
            ["update", "--data", "api_key=x", "--token=y", "name=z"],
            "update --data 'api_key=***' '--token=***' name=z",
        ),
        (["ls", "a\x1b]0;b\nc"], "ls 'a?]0;b?c'"),
    ],
)
def test_one_line_without_secrets(words: list[str], shown: str) -> None:
    """X-S1: what is shown may end up in a bug report."""
    assert trace.shown(words) == shown
