"""Tables for a terminal."""

from __future__ import annotations

from aidevcontainer.util import table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("a", "bbb", "c"), ("aaaa", "b", "")]
    assert table.lines(rows) == ["a     bbb  c", "aaaa  b"]


def test_indent_and_gap() -> None:
    assert table.text([("a", "b"), ("cc", "d")], indent=2, gap=1) == "  a  b\n  cc d"


def test_no_rows_are_no_lines() -> None:
    assert table.lines([]) == []
