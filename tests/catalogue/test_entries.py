"""The catalogue as a text: complete, unambiguous, and the same in the documentation."""

from __future__ import annotations

from .entry import chapters, entries
from .report import PAGE, page


def test_all_classes_are_there() -> None:
    """X-F7: eighteen classes, at least eighty attacks, each with its own name."""
    found = chapters()
    assert [chapter.number for chapter in found] == list(range(1, 19))
    assert all(chapter.entries for chapter in found)
    ids = [entry.id for entry in entries()]
    assert len(ids) == len(set(ids)) >= 80
    assert len([entry for entry in entries() if entry.number in (17, 18)]) >= 40


def test_every_entry_says_what_and_why() -> None:
    """X-F7: a reader learns from each entry what is tried and why it fails, with the promise it rests on."""
    for entry in entries():
        assert entry.what, entry
        assert entry.why.rstrip().endswith((").", ")")), entry
        assert bool(entry.probe) != bool(entry.drill), entry


def test_page_is_current() -> None:
    """X-F7: the documentation shows this catalogue. `python3 -m tests.catalogue` writes it again."""
    assert PAGE.read_text(encoding="utf-8") == page()
