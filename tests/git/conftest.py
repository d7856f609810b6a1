"""What several tests of git stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.template import GIT_ENVIRONMENT, Repository


@pytest.fixture
def own_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own configuration of git plays no part."""
    for name, value in GIT_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def checkout(tmp_path: Path) -> Repository:
    """A plain checkout with one commit."""
    made = Repository.create(tmp_path.resolve() / "main")
    made.write("file", "1\n")
    made.commit("first")
    return made
