"""Writing and reading files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aidevcontainer.util import files


def test_write_replaces_a_file_in_one_step(tmp_path: Path) -> None:
    """U-2: a reader that has the file open still sees the old content."""
    path = tmp_path / "x"
    path.write_text("old")
    with path.open() as reader:
        files.write(str(path), "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_write_keeps_permissions_unless_told_otherwise(tmp_path: Path) -> None:
    """US-005.3: what a person made private stays private."""
    path = tmp_path / "x"
    path.touch(0o600)
    files.write(str(path), b"1")
    assert path.stat().st_mode & 0o777 == 0o600
    files.write(str(path), b"2", 0o755)
    assert path.stat().st_mode & 0o777 == 0o755


def test_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """U-2: a full disk does not cost the old content, nor leave a draft."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "x"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        files.write(str(path), "new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x", "old")]


def test_text_keeps_bytes_that_are_no_text(tmp_path: Path) -> None:
    """U-4: a path is bytes on Linux, and must come back as the same bytes."""
    path = str(tmp_path / "x")
    files.write(path, os.fsdecode(b"a\xffb"))
    assert Path(path).read_bytes() == b"a\xffb"
    assert files.read_text(path) == os.fsdecode(b"a\xffb")


def test_read_has_a_bound(tmp_path: Path) -> None:
    """X-S1: a file that the agent can write must not fill the host's memory."""
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert files.read(str(path), 5) == b"12345"
    with pytest.raises(OSError, match="larger"):
        files.read(str(path), 4)
    assert files.read(str(tmp_path / "none")) is None
    assert files.read_text(str(tmp_path / "none")) == ""


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for other users")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder of another user's."""
    found = tmp_path / "theirs"
    found.mkdir()
    os.chown(found, 1234, 5678)
    return found


def ids(path: Path) -> tuple[int, int]:
    return path.lstat().st_uid, path.lstat().st_gid


@AS_ROOT
def test_what_root_makes_belongs_to_the_owner_of_the_folder(theirs: Path, tmp_path: Path) -> None:
    """US-005.2: a file, one that replaces root's, and folders down to the last."""
    (theirs / "old").touch()
    for name in ("new", "old"):
        files.write(str(theirs / name), "text", 0o4755)
        assert ids(theirs / name) == (1234, 5678)
        assert (theirs / name).stat().st_mode & 0o7777 == 0o4755
    files.make_folders(str(theirs / "a/b/c"))
    files.make_folders(str(theirs / "a/b/c"))
    assert [ids(theirs / name) for name in ("a", "a/b", "a/b/c")] == [(1234, 5678)] * 3
    files.make_folders(str(tmp_path / "own/folder"))
    assert ids(tmp_path / "own/folder") == (0, os.getgid())


@AS_ROOT
def test_only_what_is_roots_is_given_away(theirs: Path, tmp_path: Path) -> None:
    """X-S1: neither another user's file, nor what a link stands for."""
    another = theirs / "another"
    another.touch()
    os.chown(another, 42, 42)
    files.give(str(another))
    assert ids(another) == (42, 42)
    secret = tmp_path / "secret"
    secret.touch()
    (theirs / "hard").hardlink_to(secret)
    files.give(str(theirs / "hard"))
    (theirs / "soft").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic"):
        files.give(str(theirs / "soft"))
    assert ids(secret)[0] == 0


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_a_folders_place_is_an_error(tmp_path: Path, name: str) -> None:
    """U-2: and it stays as it is."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError):
        files.make_folders(str(tmp_path / name))
    assert (tmp_path / "file").read_text() == "mine"


def test_write_follows_no_link_and_no_draft_of_others(tmp_path: Path) -> None:
    """X-S1: the agent can write in most folders of a repository."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "x").symlink_to(outside)
    (folder / f"x.{os.getpid()}.new").symlink_to(outside)
    files.write(str(folder / "x"), "new")
    assert (outside.read_text(), (folder / "x").read_text()) == ("mine", "new")
    assert not (folder / "x").is_symlink()


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_only_plain_files_are_read(tmp_path: Path, kind: str) -> None:
    """A reader of what others may have made neither waits nor reads without end."""
    path = tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(OSError):
        files.read(str(path))
    with pytest.raises(OSError):
        files.read_start(str(path), 10)


def test_the_start_of_a_file(tmp_path: Path) -> None:
    """So many bytes and no more; nothing of a file that is missing."""
    (tmp_path / "x").write_text("abcdef")
    assert files.read_start(str(tmp_path / "x"), 3) == b"abc"
    assert files.read_start(str(tmp_path / "missing"), 3) is None
