"""The plants as a text: unambiguous, each with its reason, and the same in the documentation."""

from __future__ import annotations

from .entry import cases, entries
from .layouts import NAMES
from .report import PAGE, page


def test_entries_are_unambiguous() -> None:
    """X-S1: at least eighty plants, each with its own name, its command of the host's and its reason."""
    found = entries()
    assert len({entry.id for entry in found}) == len(found) >= 80
    for entry in found:
        assert entry.plant and entry.trigger and entry.why.rstrip().endswith("."), entry


def test_no_layout_is_left_out() -> None:
    """X-S1: plain checkouts, worktrees, bare common folders, submodules, and what is missing at the start."""
    assert {layout for layout, _ in cases()} == set(NAMES)


def test_page_is_current() -> None:
    """X-S1: the documentation shows these plants. `python3 -m tests.hostsafety` writes them anew."""
    assert PAGE.read_text(encoding="utf-8") == page()
