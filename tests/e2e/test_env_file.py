"""Compose's own reading of `.env`, beside the helpers'."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aidevcontainer.project import env_file
from tests.hostside import env_cases
from tests.support.docker import docker

pytestmark = pytest.mark.engine

NAMES = ("A", "B", "C")


def compose(folder: Path, text: str) -> dict[str, str] | None:
    """Return what Compose reads in a text, None where it refuses the text."""
    (folder / "test.env").write_bytes(text.encode())
    asked = {name: f"${{{name}-not set}}" for name in NAMES}
    document = {"services": {"one": {"image": "none", "environment": asked}}}
    (folder / "compose.json").write_text(json.dumps(document))
    arguments = ("--env-file", str(folder / "test.env"), "--file", str(folder / "compose.json"))
    done = docker("compose", *arguments, "config", "--format", "json", check=False)
    if done.code:
        return None
    answer = json.loads(done.out)
    # What it prints could be read again, so a dollar sign is doubled.
    found = {
        name: value.replace("$$", "$") for name, value in answer["services"]["one"]["environment"].items()
    }
    return {name: value for name, value in found.items() if value != "not set"}


@pytest.mark.parametrize(("text", "expected"), env_cases.CASES)
def test_compose_reads_the_same(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    """US-005.2: the table that the helpers' reader is tested with is Compose's."""
    assert compose(tmp_path, text) == expected


@pytest.mark.parametrize("text", [text for text, _ in env_cases.REFUSED])
def test_compose_refuses_what_is_skipped(tmp_path: Path, text: str) -> None:
    """US-005.2: the helpers' reader skips a line only where Compose says what is wrong with it."""
    assert compose(tmp_path, text) is None


def test_compose_reads_what_the_helpers_write(tmp_path: Path) -> None:
    """US-005.2: a path may hold anything."""
    for value in env_cases.VALUES:
        assert compose(tmp_path, f"A={env_file.quoted(value)}\nB=1\n") == {"A": value, "B": "1"}
