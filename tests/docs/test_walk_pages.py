"""The newcomer's walk: its pages show pictures that are there, which tell nothing of who drew them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pyte
import pytest

from tests.support.scaffold import ROOT
from tests.walk.picture import svg

PICTURES = ROOT / "docs/pictures"


@pytest.mark.parametrize(("page", "least"), [("docs/walk.md", 5), ("README.md", 2)])
def test_pages_show_what_is_there(page: str, least: int) -> None:
    """US-006: every picture exists and has a text for those who cannot see it."""
    file = ROOT / page
    found = re.findall(r"!\[([^]]+)]\(([^)]+\.svg)\)", file.read_text(encoding="utf-8"))
    assert len(found) >= least
    for text, name in found:
        assert f"<title>{text}</title>" in (file.parent / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.stem)
def test_pictures_are_whole_and_tell_nothing_of_the_machine(path: Path) -> None:
    """US-006: valid pictures, without a path, a name or a time of where they were drawn."""
    ElementTree.parse(path)  # noqa: S314 - our own file
    shown = path.read_text(encoding="utf-8")
    assert not re.search(r"/tmp/|/root|/home/(?!claude)|/work(?!space)|Traceback", shown)
    assert set(re.findall(r"\d\d:\d\d:\d\d", shown)) <= {"12:00:00"}


def test_picture_of_a_screen() -> None:
    """US-006: words in their columns and colours, markup escaped, changing words replaced."""
    screen = pyte.Screen(20, 4)
    pyte.Stream(screen).feed("\x1b[1;31mred\x1b[0m <b> 17 s\r\n\r\n\x1b[7m x \x1b[0m")
    drawn = svg(screen, "A & B", [(r"\d+ s", "1 s")])
    words = ElementTree.fromstring(drawn).findall("{http://www.w3.org/2000/svg}text")  # noqa: S314
    assert [word.text for word in words] == ["red", "<b> 1 s", "x"]
    assert (words[0].get("fill"), words[0].get("font-weight")) == ("#e06c75", "bold")
    assert float(words[1].get("x", 0)) - float(words[0].get("x", 0)) == pytest.approx(4 * 8.4)
    assert drawn.count("<rect") == 2
    assert "<title>A &amp; B</title>" in drawn
