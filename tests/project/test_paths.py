"""Names and places of a project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aidevcontainer.project import names
from aidevcontainer.project.paths import Project

COMPOSE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@pytest.mark.parametrize(
    ("folder", "slug"),
    [
        ("my-app", "my-app"),
        ("My App (v2)", "my-app-v2"),
        ("_hidden.d", "hidden-d"),
        ("项目", "project"),
        ("-", "project"),
        ("x" * 60, "x" * 40),
    ],
)
def test_name_is_readable_and_valid(folder: str, slug: str) -> None:
    """U-4: Compose refuses capitals, dots and leading hyphens; a person should still recognise the folder."""
    name = names.project_name(f"/home/me/{folder}")
    assert name.rpartition("-")[0] == slug
    assert COMPOSE_NAME.fullmatch(name)


def test_two_directories_never_share_a_name() -> None:
    """X-L1: two clones of one repository have containers of their own."""
    found = {names.project_name(f"/home/{user}/app") for user in ("a", "b", "c")}
    assert len(found) == 3


def test_one_directory_has_one_name(tmp_path: Path) -> None:
    """X-L1: however one gets there."""
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    assert Project(str(tmp_path / "link")).root == Project(str(real) + "/").root == str(real)


def test_directory_by_way_of_a_link(tmp_path: Path) -> None:
    """U-4: the caller's directory counts by what it is, not by how the shell spells it."""
    (tmp_path / "app" / "src").mkdir(parents=True)
    (tmp_path / "short").symlink_to(tmp_path / "app" / "src")
    assert Project(str(tmp_path / "app")).inside(str(tmp_path / "short")) == "/workspace/src"


def test_name_counts_for_its_own_directory_only(tmp_path: Path) -> None:
    """X-L1: `cp -r` brings `.env` along; the copy must not take the original's containers for its own."""
    (tmp_path / ".aidevcontainer").mkdir()
    project = Project(str(tmp_path))
    env = tmp_path / ".aidevcontainer" / ".env"
    env.write_text(f"COMPOSE_PROJECT_NAME=app-1\nAIDEVCONTAINER_WORKSPACE={tmp_path}\n")
    assert project.recorded_name() == "app-1"
    env.write_text("COMPOSE_PROJECT_NAME=app-1\nAIDEVCONTAINER_WORKSPACE=/home/me/original\n")
    assert project.recorded_name() is None
