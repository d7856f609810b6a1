"""The lines under a changed file: what opens and closes, and which pinned versions move."""

from __future__ import annotations

import pytest

from aidevcontainer.project.record import Record
from aidevcontainer.updates import details, report
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.updates.rehearsal import UpdateOutcome
from tests.support.template import ANSWERS, FOLDER

OLD, NEW = "a" * 40, "b" * 40
HERE, THERE = "git+https://git.example.com/tool.git", "git+file://localhost/srv/tool"


def change(name: str, before: str | None, after: str | None) -> Change:
    files = (None if text is None else File(text.encode()) for text in (before, after))
    return Change(f"{FOLDER}/{name}", *files)


def helpers(before: str | None, after: str | None) -> Change:
    texts = (None if line is None else f"# The helpers\n{line}\n" for line in (before, after))
    return change("requirements.txt", *texts)


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (f"aidevcontainer @ {HERE}@{OLD}", f"aidevcontainer @ {HERE}@{NEW}", f"{OLD[:12]} → {NEW[:12]}"),
        ("aidevcontainer==1.2.0", "aidevcontainer==1.10.0", "1.2.0 → 1.10.0"),
        (
            f"aidevcontainer @ {HERE}@{OLD}",
            f"aidevcontainer @ {THERE}@{OLD}",
            f"https://git.example.com/tool.git@{OLD[:12]} → file://localhost/srv/tool@{OLD[:12]}",
        ),
        (
            f"aidevcontainer @ {HERE}@{OLD}",
            "aidevcontainer==2.0",
            f"https://git.example.com/tool.git@{OLD[:12]} → 2.0",
        ),
        (None, "aidevcontainer==2.0", "? → 2.0"),
        ("aidevcontainer @ file://localhost/srv/a", "aidevcontainer==2.0", "file://localhost/srv/a → 2.0"),
    ],
)
def test_move_of_the_helpers_is_one_line(before: str | None, after: str | None, line: str) -> None:
    """U-3: from and to, by version or commit; with the address only where that moves too."""
    moved = helpers(before, after)
    assert list(details.of(moved)) == [f"helpers {line}"]
    assert report.moves_helpers(outcome(moved))


def test_other_lines_move_no_helpers() -> None:
    """U-3: a comment is not a pin, and other files have no pin."""
    line = f"aidevcontainer @ {HERE}@{OLD}"
    commented = change("requirements.txt", f"# One\n{line}\n", f"# Two\n{line}\n")
    other = change("launch.sh", "aidevcontainer==1\n", "aidevcontainer==2\n")
    assert [*details.of(commented), *details.of(other)] == []
    assert not report.moves_helpers(outcome(commented, other))


def test_hosts_that_open_and_close() -> None:
    """U-3: entries alone, without comments, moved lines and conflict markers."""
    before = "a.example.com\nb.example.com # why\n"
    after = "# new\nb.example.com\n<<<<<<< before\nc.example.com\n=======\n>>>>>>> after\n"
    found = list(details.of(change("allowed-domains.txt", before, after)))
    assert found == ["opens c.example.com", "closes a.example.com"]


def test_claude_moves_by_version() -> None:
    """U-3: digests alone are not a move."""
    pin = "version 2.0.{}\nx64 {}\n"
    assert list(details.of(change("claude.pin", pin.format(1, "a"), pin.format(2, "b")))) == [
        "Claude Code 2.0.1 → 2.0.2"
    ]
    assert list(details.of(change("claude.pin", pin.format(1, "a"), pin.format(1, "b")))) == []


def outcome(*changes: Change) -> UpdateOutcome:
    answers = Record(ANSWERS, "x", "v1", {})
    return UpdateOutcome(list(changes), [], {}, {}, answers, answers)
