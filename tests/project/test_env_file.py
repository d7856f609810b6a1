"""`.env`: read as Compose reads it, written without losing what a person put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from aidevcontainer.project import env_file
from tests.hostside import env_cases

MANAGED = ("A", "B", "NAME")


def test_reads_what_compose_reads(tmp_path: Path) -> None:
    """US-005.2: comments, quotes and `export` as in Compose's own reader."""
    path = tmp_path / ".env"
    path.write_text(
        "# A=1\nA=plain\n B = spaced \nC='single $x # y'\n"
        'D="double \\"q\\" \\$x"\nE=value # comment\nexport F=1\nG\nH=\n'
    )
    assert env_file.read(str(path)) == {
        "A": "plain",
        "B": "spaced",
        "C": "single $x # y",
        "D": 'double "q" $x',
        "E": "value",
        "F": "1",
        "H": "",
    }


@pytest.mark.parametrize(("text", "expected"), env_cases.CASES)
def test_reads_each_case_as_compose_does(text: str, expected: dict[str, str]) -> None:
    """US-005.2: two readers of one file must not come to different answers."""
    found = env_file.parse(text)
    assert {name: value for name, value in found.items() if name in "ABC"} == expected


@pytest.mark.parametrize(("text", "expected"), [*env_cases.REFUSED, *env_cases.LEFT_AS_THEY_ARE])
def test_a_line_that_compose_refuses_hides_no_other(text: str, expected: dict[str, str]) -> None:
    """US-005.2: Compose says what is wrong with the file; the name of the containers is still known."""
    assert env_file.parse(text) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A='x' # it's old\nMINE=1\n", "MINE=1\nNAME=new\n"),
        (
            "MINE='\nA=1\n' # a value of three lines\nA=2\n",
            "MINE='\nA=1\n' # a value of three lines\nNAME=new\n",
        ),
        ('A="\n\n"\nMINE=1\n', "MINE=1\nNAME=new\n"),
        ("A='1' MINE=2\n", " MINE=2\nNAME=new\n"),
        ("MINE='2' A=1\n", "MINE='2' \nNAME=new\n"),
        ("MINE='open\nA=1\n", "MINE='open\nNAME=new\n"),
        ("export A=1\nB: 2\nMINE=1", "MINE=1\nNAME=new\n"),
        ("MINE=1\r\nA='1'\r\n", "MINE=1\r\nNAME=new\n"),
        ("A\nA\n", "A\nA\nNAME=new\n"),
    ],
)
def test_only_managed_assignments_are_replaced(tmp_path: Path, before: str, after: str) -> None:
    """US-005.2: however they are written; what belongs to a person stays to the letter."""
    path = tmp_path / ".env"
    path.write_bytes(before.encode())
    assert env_file.update(str(path), {"NAME": "new"}, MANAGED)
    assert path.read_bytes().decode() == after


def test_no_file_is_no_assignment(tmp_path: Path) -> None:
    """US-005.2: a project that was never started has no `.env`."""
    assert env_file.read(str(tmp_path / ".env")) == {}


@pytest.mark.parametrize("value", env_cases.VALUES)
def test_every_value_survives(tmp_path: Path, value: str) -> None:
    """US-005.2: a path may hold anything."""
    path = str(tmp_path / ".env")
    env_file.update(path, {"NAME": value}, MANAGED)
    assert env_file.read(path) == {"NAME": value}


def test_undecodable_path_survives(tmp_path: Path) -> None:
    """US-005.2: a path is bytes, and not always UTF-8."""
    path = tmp_path / ".env"
    value = b"/x/\xff\xfe".decode("utf-8", "surrogateescape")
    env_file.update(str(path), {"NAME": value}, MANAGED)
    assert b"\xff\xfe" in path.read_bytes()
    assert env_file.read(str(path)) == {"NAME": value}


def test_line_break_is_refused(tmp_path: Path) -> None:
    """US-005.2: a line break would become an assignment of its own."""
    with pytest.raises(ValueError, match="line break"):
        env_file.update(str(tmp_path / ".env"), {"NAME": "x\nB=1"}, MANAGED)


def test_own_lines_are_kept_in_place(tmp_path: Path) -> None:
    """US-005.2: only managed names are replaced; comments, blank lines and own variables stay."""
    path = tmp_path / ".env"
    path.write_text("# mine\nMINE=1\n\nA=old\n# B=commented\nOTHER='x'")
    assert env_file.update(str(path), {"A": "new", "B": "2"}, MANAGED)
    assert path.read_text() == "# mine\nMINE=1\n\n# B=commented\nOTHER='x'\nA=new\nB=2\n"


def test_managed_name_that_is_not_wanted_goes(tmp_path: Path) -> None:
    """US-005.2: what no longer holds must not stay in force."""
    path = tmp_path / ".env"
    path.write_text("A=1\nB=2\n")
    env_file.update(str(path), {"A": "1"}, MANAGED)
    assert env_file.read(str(path)) == {"A": "1"}


def test_unchanged_file_is_not_written(tmp_path: Path) -> None:
    """US-005.2: a file that is right already keeps its time, for backup and build tools."""
    path = tmp_path / ".env"
    assert env_file.update(str(path), {"A": "1"}, MANAGED)
    before = path.stat()
    assert not env_file.update(str(path), {"A": "1"}, MANAGED)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """US-005.2: a full disk must not leave half a file behind."""
    path = tmp_path / ".env"
    path.write_text("A=1\n")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("aidevcontainer.util.files.os.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        env_file.update(str(path), {"A": "2"}, MANAGED)
    assert path.read_text() == "A=1\n"
