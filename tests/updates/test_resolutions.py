"""Conflicts that an update decides by itself."""

from __future__ import annotations

import pytest

from aidevcontainer.project.record import Record
from aidevcontainer.updates import resolutions
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.updates.rehearsal import UpdateOutcome
from tests.support.template import ANSWERS, FOLDER
from tests.support.updating import pin

OLD, OURS, THEIRS = "aidevcontainer==1\n", "aidevcontainer==2\n", "aidevcontainer==3\n"


def conflict(name: str, base: str, ours: str, theirs: str) -> UpdateOutcome:
    """Return an outcome with one file in conflict, and one that is not."""
    path = f"{FOLDER}/{name}"
    marked = File(f"<<<<<<<\n{ours}=======\n{theirs}>>>>>>>\n".encode())
    changes = [Change(path, File(ours.encode()), marked), Change("other", None, File(b"x"))]
    blobs = {stage * 40: text.encode() for stage, text in zip("123", (base, ours, theirs), strict=True)}
    entries = [f"100644 {stage * 40} {stage}" for stage in "123"]
    answers = Record(ANSWERS, "x", "v1", {})
    return UpdateOutcome(changes, [], {path: entries, "other": entries}, blobs, answers, answers)


def content(outcome: UpdateOutcome, name: str) -> str:
    """Return what a file becomes; its own content where it does not change."""
    files = [change.after for change in outcome.changes if change.path == f"{FOLDER}/{name}"]
    return files[0].content.decode() if files and files[0] else ""


def test_helpers_are_the_templates() -> None:
    """U-3: they must fit the scaffold, whatever the project pinned; other conflicts stay."""
    found = resolutions.resolved(conflict("requirements.txt", OLD, OURS, THEIRS))
    assert content(found, "requirements.txt") == THEIRS
    assert set(found.conflicts) == {"other"}


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (pin("2.0.9"), pin("2.0.10", "b"), pin("2.0.10", "b")),
        # The file stays as it is: nothing changes.
        (pin("2.0.10"), pin("2.0.9", "b"), ""),
    ],
)
def test_newer_claude_wins(ours: str, theirs: str, expected: str) -> None:
    """U-3: by numbers, with its own digests."""
    found = resolutions.resolved(conflict("claude.pin", pin("2.0.1"), ours, theirs))
    assert content(found, "claude.pin") == expected
    assert set(found.conflicts) == {"other"}


@pytest.mark.parametrize("theirs", [pin("2.0.9", "b"), "version 2.0.10\n"])
def test_pins_that_only_a_person_can_decide(theirs: str) -> None:
    """U-3: one version with two digests, or a pin that is not whole."""
    given = conflict("claude.pin", pin("2.0.1"), pin("2.0.9"), theirs)
    assert resolutions.resolved(given) == given
