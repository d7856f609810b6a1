"""The output of programs in containers, made safe for a person's terminal piece by piece."""

from __future__ import annotations

import codecs
import io
import re

from aidevcontainer.util.printable import lines

# Colors can hide text, so they are dropped.
_COLOUR = re.compile(r"\x1b\[[0-9;:]{0,40}m")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;:]{0,40})?\Z")


class LogText:
    """Turns bytes into text without control characters. A piece may end anywhere."""

    def __init__(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        # A bare carriage return would let a line overwrite the one before it.
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._rest = ""

    def feed(self, data: bytes) -> str:
        """Returns what can be shown so far. Empty data ends the text."""
        text = self._rest + self._decoder.decode(data, final=not data)
        unfinished = _UNFINISHED.search(text, max(len(text) - 50, 0)) if data else None
        self._rest = unfinished[0] if unfinished else ""
        return lines(_COLOUR.sub("", text.removesuffix(self._rest)))
