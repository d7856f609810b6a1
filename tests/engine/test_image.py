"""The image's name: another one exactly when the image would be another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aidevcontainer.engine import image
from aidevcontainer.project.paths import Project

VALUES = {"CLAUDE_UID": "501", "CLAUDE_GID": "20"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """What a build reads."""
    folder = tmp_path / ".aidevcontainer"
    for name in (
        "Dockerfile",
        "claude.pin",
        "packages.txt",
        "scripts/a.sh",
        "scripts/deep/b.sh",
        "ca/company.crt",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def name(place: Path, **changes: str) -> str:
    return image.name(Project(str(place.parent)), {**VALUES, **changes})


CHANGES: dict[str, Callable[[Path], object]] = {
    "Dockerfile": lambda folder: (folder / "Dockerfile").write_text("x"),
    "pin": lambda folder: (folder / "claude.pin").write_text("x"),
    "packages": lambda folder: (folder / "packages.txt").write_text("x"),
    "script": lambda folder: (folder / "scripts/deep/b.sh").write_text("x"),
    "mode of a script": lambda folder: (folder / "scripts/a.sh").chmod(0o755),
    "new script": lambda folder: (folder / "scripts/c.sh").touch(),
    "renamed script": lambda folder: (folder / "scripts/a.sh").rename(folder / "scripts/z.sh"),
    "certificate": lambda folder: (folder / "ca/host-0123456789ab.crt").write_text("x"),
    "certificate gone": lambda folder: (folder / "ca/company.crt").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_with_what_goes_in(place: Path, change: str) -> None:
    """U-3: an update of the template, a package or a certificate leads to a new image."""
    before = name(place)
    CHANGES[change](place)
    assert name(place) != before


@pytest.mark.parametrize(
    "argument", ["CLAUDE_UID", "CLAUDE_GID", "ALPINE_IMAGE", "ALPINE_MIRROR", "NPM_REGISTRY"]
)
def test_changes_with_arguments(place: Path, argument: str) -> None:
    """US-005.1: other ids are another image."""
    assert name(place, **{argument: "7"}) != name(place)


@pytest.mark.parametrize("file", [".env", "allowed-domains.txt", "docker-compose.yml", "launch.sh"])
def test_stays_with_everything_else(place: Path, file: str) -> None:
    """U-4: a change of the list, or of a helper, costs no build."""
    before = name(place)
    (place / file).parent.mkdir(exist_ok=True)
    (place / file).write_text("x")
    assert name(place, HTTPS_PROXY="http://proxy:3128") == before


def test_same_files_elsewhere_are_the_same_image(place: Path, tmp_path: Path) -> None:
    """X-L1: worktrees and clones share one image."""
    other = tmp_path / "clone" / ".aidevcontainer"
    other.parent.mkdir()
    before = name(place)
    place.rename(other)
    assert name(other) == before
    assert before.startswith("aidevcontainer:")


def test_version_comes_from_the_pin(place: Path) -> None:
    """U-4: what is about to be downloaded is said with its version."""
    (place / "claude.pin").write_text("# comment\nversion 9.8.7\nx64 abc\n")
    assert image.claude_version(Project(str(place.parent))) == "9.8.7"
    (place / "claude.pin").write_bytes(b"\xe9\nversion 9.8.7\n")
    assert image.claude_version(Project(str(place.parent))) == "9.8.7"
    (place / "claude.pin").unlink()
    assert image.claude_version(Project(str(place.parent))) == ""
