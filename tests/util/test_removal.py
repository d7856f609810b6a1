"""Removing folders: as much as possible, nothing through a mount, again after an interruption."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aidevcontainer.util import removal, sizes

ROOT_ON_LINUX = pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux", reason="only root mounts, and only Linux lists it so"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "it's a folder"
    for name in ("a/b/c", "data/netns"):
        (made / name).mkdir(parents=True)
    (made / "a/file").write_text("x")
    (made / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/mine").touch()
    return made


@pytest.fixture
def mounted(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder in which others are mounted, one in the other, and a file as a network namespace is."""
    other = tmp_path / "other"
    (other / "deep").mkdir(parents=True)
    (other / "theirs").touch()
    (folder / "data/netns/default").touch()
    places = [folder / "data/netns/default", folder / "a/b", folder / "a/b/deep"]
    sources = [Path("/proc/self/ns/net"), other, other]
    done = [
        subprocess.run(["mount", "--bind", str(source), str(place)], check=False).returncode
        for source, place in zip(sources, places, strict=True)
    ]
    if any(done):
        pytest.skip("nothing can be mounted here")
    yield folder
    for place in reversed(places):
        subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def test_everything_goes_and_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    """X-L3: also a folder that is not there."""
    assert removal.tree(str(folder)) == []
    assert not folder.exists()
    assert (tmp_path / "outside/mine").exists()
    assert removal.tree(str(folder)) == []


def test_what_is_kept_stays_with_its_folders(folder: Path) -> None:
    """X-L3: a second run takes the rest."""
    kept = str(folder / "a/file")
    for _ in range(2):
        assert removal.tree(str(folder), [kept]) == []
        assert [str(path) for path in folder.rglob("*") if path.is_file()] == [kept]
    assert removal.tree(str(folder)) == []
    assert not folder.exists()


@pytest.mark.parametrize("kept", [False, True])
def test_deep_folders_are_no_error(folder: Path, kept: bool) -> None:
    """X-L3: an image's files may lie in a thousand folders, one in the other."""
    at = Path.cwd()
    os.chdir(folder)
    for _ in range(1500):
        Path("deep").mkdir()
        os.chdir("deep")
    os.chdir(at)
    stuck = removal.tree(str(folder), [str(folder / "a/file")] if kept else [])
    assert bool(stuck) == kept
    assert removal.tree(str(folder)) == []


@ROOT_ON_LINUX
def test_mounts_are_not_removed_but_named(mounted: Path, tmp_path: Path) -> None:
    """X-L3: "device or resource busy" names nothing that a person could do."""
    stuck = removal.tree(str(mounted))
    assert [each.path for each in stuck] == [str(mounted / "a/b"), str(mounted / "data/netns/default")]
    assert not (mounted / "a/file").exists()
    assert (tmp_path / "other/theirs").exists()
    for each in stuck:
        subprocess.run(["sh", "-c", each.command], check=True)
        assert not os.path.lexists(each.path)
    assert removal.tree(str(mounted)) == []


@ROOT_ON_LINUX
def test_released_mounts_can_be_removed(mounted: Path, tmp_path: Path) -> None:
    """U-4: the inner ones first; also one that somebody is in."""
    with subprocess.Popen(["sleep", "60"], cwd=mounted / "a/b/deep") as user:
        removal.release(str(mounted))
        assert removal.mounts_below(str(mounted)) == []
        assert removal.tree(str(mounted)) == []
        user.kill()
    assert not mounted.exists()
    assert (tmp_path / "other/theirs").exists()


def test_sizes() -> None:
    """X-L3: as people read them."""
    assert [sizes.words(size) for size in (0, 999, 1500, 12_345_678, 3_400_000_000)] == [
        *("0 B", "999 B", "1.5 KB", "12 MB", "3.4 GB")
    ]


def test_the_size_of_a_folder(folder: Path) -> None:
    """X-L3: a file with two names takes room once."""
    (folder / "large").write_bytes(b"x" * 300_000)
    before, complete = sizes.of(str(folder))
    (folder / "again").hardlink_to(folder / "large")
    assert (sizes.of(str(folder))[0], complete) == (before, True)
    assert 300_000 <= before < 400_000
    assert sizes.of(str(folder), seconds=-1)[1] is False
