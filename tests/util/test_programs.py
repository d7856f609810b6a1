"""Programs are found where the agent cannot write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aidevcontainer.util import programs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository beside a folder of the same beginning, and a link that leads into it."""
    for folder in ("repo/.venv/bin", "repository/bin", "tools"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "into").symlink_to(tmp_path / "repo/.venv")
    (tmp_path / "repo/out").symlink_to(tmp_path / "tools")
    return tmp_path / "repo"


@pytest.mark.parametrize(
    "folder",
    [
        "repo",
        "repo/.venv/bin",
        "repo/node_modules/.bin",
        "into/bin",
        "repository/../repo/bin",
        "repo/out/../repo",
    ],
)
def test_folders_of_the_repository_are_left_out(root: Path, folder: str) -> None:
    """X-S2: however they are written, and also before they exist."""
    path = f"/usr/bin:{root.parent / folder}:/bin"
    assert programs.outside(path, str(root)) == "/usr/bin:/bin"


@pytest.mark.parametrize("folder", ["repository/bin", "tools", "repo/out", ""])
def test_other_folders_stay_in_their_order(root: Path, folder: str) -> None:
    path = f"{root.parent / folder}:/usr/bin"
    assert programs.outside(path, str(root)) == path


@pytest.mark.parametrize("folder", ["", ".", "bin", "~/bin"])
def test_relative_folders_are_left_out(root: Path, folder: str) -> None:
    """X-S2: an empty one is the working directory."""
    assert programs.outside(f"{folder}:/usr/bin:{folder}", str(root)) == "/usr/bin"


def test_a_repository_at_the_top_leaves_nothing(root: Path) -> None:
    assert programs.outside(f"{root}:/usr/bin", os.sep) == ""
