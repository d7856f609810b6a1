"""The lists of a project: found entries, and changes of single lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from aidevcontainer.firewall.allowlist import OWN, SHARED, Lists
from aidevcontainer.project.paths import Project
from aidevcontainer.util.errors import WRONG_USAGE, Problem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns the folder of a project's lists."""
    made = tmp_path / ".aidevcontainer"
    made.mkdir()
    return made


def lists(folder: Path) -> Lists:
    return Lists(Project(str(folder.parent)))


@pytest.mark.parametrize(
    ("listed", "asked", "found"),
    [
        ("Example.com.", "example.com", True),
        ("example.com", "example.com.", True),
        ("example.com # why", "EXAMPLE.com", True),
        ("\ufeffexample.com", "example.com", True),
        ("example.com:443", "example.com", False),
        ("# example.com", "example.com", False),
        ("bad_-", "BAD_-", True),
        ("K.example.com", "\u212a.example.com", False),
    ],
)
def test_entry_is_found_in_every_spelling(folder: Path, listed: str, asked: str, found: bool) -> None:
    """X-F6: by its meaning; text that is not an entry, by its letters."""
    (folder / SHARED).write_text(f"first.example\n{listed}\n", encoding="utf-8")
    lines = [(each.file, each.number) for each in lists(folder).find(asked)]
    assert lines == ([(SHARED, 2)] if found else [])


def test_lines_are_split_as_the_firewall_splits_them(folder: Path) -> None:
    """X-F6: other characters that Python takes for line breaks are part of a line, and stay."""
    text = "a.example\x0bb.example\rc.example\u2028d.example\ne.example\n"
    (folder / OWN).write_text(text, encoding="utf-8", newline="")
    assert lists(folder).find("b.example") == []
    assert lists(folder).remove("e.example")
    assert (folder / OWN).read_bytes().decode() == text.removesuffix("e.example\n")


def test_bytes_that_are_not_text_stay(folder: Path) -> None:
    """X-F6: a list in any encoding comes back as it was, also through a link, with its permissions."""
    target = folder / "elsewhere.txt"
    target.write_bytes(b"# gr\xfc\xdfe\nold.example\n")
    target.chmod(0o640)
    (folder / OWN).symlink_to(target)
    assert lists(folder).remove("old.example")
    assert lists(folder).add(["new.example"]) == ["new.example"]
    assert (folder / OWN).is_symlink()
    assert target.read_bytes() == b"# gr\xfc\xdfe\nnew.example\n"
    assert target.stat().st_mode & 0o777 == 0o640


def test_each_entry_is_added_once(folder: Path) -> None:
    """X-F6: also where it is spelled in two ways, or a list has it."""
    (folder / SHARED).write_text("known.example.\n", encoding="utf-8")
    assert lists(folder).add(["a.example", "known.example", "A.example."]) == ["A.example."]


def test_larger_lists_than_the_firewall_reads_are_not_changed(folder: Path) -> None:
    """X-F6: the end of such a file would be lost."""
    (folder / OWN).write_text("a.example\n" * 500_000, encoding="utf-8")
    with pytest.raises(OSError, match="larger"):
        lists(folder).add(["b.example"])
    assert (folder / OWN).stat().st_size == 5_000_000


@pytest.mark.parametrize("text", ["", "a b", "a\n", "a#b", "https://a.example/", "*.com"])
def test_text_that_is_not_an_entry_is_wrong_usage(folder: Path, text: str) -> None:
    """X-F6: also where there is no linter to explain it."""
    with pytest.raises(Problem, match="is not an entry") as caught:
        lists(folder).require_valid(["good.example", text])
    assert caught.value.code == WRONG_USAGE
