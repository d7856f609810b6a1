"""The numbers of other programs' versions. The template's are in tests/updates/test_news.py."""

from __future__ import annotations

import pytest

from aidevcontainer.util import versions


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("26.1.5+dfsg1", (26, 1, 5)),
        ("20.10.25-ce", (20, 10, 25)),
        ("v2.26.1-4ubuntu1\n", (2, 26, 1)),
        ("2.17", (2, 17)),
        ("5", (5,)),
        ("", ()),
        ("library-import 1.0", ()),
    ],
)
def test_numbers_of_a_version(text: str, numbers: tuple[int, ...]) -> None:
    """X-L2: as docker and Compose print them, with what distributions append."""
    assert versions.numbers(text) == numbers
