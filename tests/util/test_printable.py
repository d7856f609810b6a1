"""Text from others on a person's terminal."""

from __future__ import annotations

import io
import sys

import pytest

from aidevcontainer.util import printable
from aidevcontainer.util.log_text import LogText

HOSTILE = {
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x1b\\",
    "clear": "\x1b[2J\x1b[H",
    "cursor": "\x1b[1A\x1b[2K",
    "hidden": "\x1b[8mhidden\x1b[0m",
    "8 bit": "\x9b2J \x9d0;x\x9c",
    "device": "\x1bP+q\x1b\\ \x1b[c",
    "backspace": "safe\x08\x08\x08\x08evil",
    "return": "safe\revil",
    "right to left": "a\u202egpj.exe",
    "invisible": "a\u200bb\u2066c\ufeff",
    "other lines": "a\x0bb\x0cc\u2028d\x85e",
    "zero": "a\0b",
    "no text": "a\udc9bb",
}


def is_safe(text: str) -> bool:
    return all(letter.isprintable() or letter in "\n\t" for letter in text)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_control_character_is_left(name: str) -> None:
    """A line and a text stay readable, and a terminal obeys nothing in them."""
    text = HOSTILE[name]
    assert not is_safe(text) or name == "return"
    assert printable.printable(text).isprintable()
    shown = printable.lines(f"one\n\ttwo {text}\n")
    assert is_safe(shown)
    assert shown.startswith("one\n\ttwo ")


def test_other_text_stays() -> None:
    """Letters of every language, and emoji."""
    text = "Größe\t日本語 🙂\nzwei\n"
    assert printable.lines(text) == text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_answer_fits_every_terminal(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """A character that standard output cannot show does not end the command."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    printable.answer("a 日本語 \x1b[2J\udc9b\n")
    sys.stdout.flush()
    assert written.getvalue().decode(encoding) in ("a ??? ?[2J?\n", "a 日本語 ?[2J?\n")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_log_is_safe_wherever_a_piece_of_it_ends(name: str) -> None:
    """Output comes in pieces, and half of a sequence is none."""
    data = f"ä {HOSTILE[name]} ö\n".encode("utf-8", "surrogateescape")
    whole = LogText()
    expected = whole.feed(data) + whole.feed(b"")
    assert is_safe(expected)
    assert expected.startswith("ä ")
    for size in range(1, len(data)):
        text = LogText()
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert "".join(map(text.feed, [*pieces, b""])) == expected


def test_a_log_loses_its_colors_and_keeps_its_lines() -> None:
    """Compose and many programs color their lines; a progress bar becomes lines."""
    text = LogText()
    shown = text.feed(b"\x1b[36mweb-1  | \x1b[0mready\r\n 10%\r 20%\r\n\x1b[38;2;1;2;3mx\x1b[m\n\x1b[")
    assert shown == "web-1  | ready\n 10%\n 20%\nx\n"
    assert text.feed(b"") == "?["
