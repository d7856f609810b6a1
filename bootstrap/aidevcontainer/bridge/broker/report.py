"""Reads the first answer from a container: whether the command runs there, and as which process."""

from __future__ import annotations

import _socket as socket

from aidevcontainer.bridge.broker import protocol
from aidevcontainer.bridge.broker.engine import EngineError

_LONGEST = 4096


class NoShellError(Exception):
    """The container has no shell."""


class Report:
    """The first line that the shell prints before it becomes the command."""

    def __init__(self, stream: socket.socket, framed: bool, mark: str) -> None:
        self._stream = stream
        self._framed = framed
        self._mark = mark.encode() + b" "
        self._raw = b""
        self._kept = b""
        self._text = b""
        self._ended = False

    def read(self, data: bytes) -> tuple[str, bytes]:
        """Returns the text after the mark, and the bytes after its line. Raises NoShellError, EngineError."""
        while True:
            self._raw += data
            self._take_text()
            if b"\n" in self._text or self._ended or len(self._text) > _LONGEST:
                return self._split()
            data = self._more()

    def _more(self) -> bytes:
        try:
            data = self._stream.recv(protocol.CHUNK)
        except OSError as error:
            raise EngineError(f"the container engine ended the connection: {error}") from error
        self._ended = not data
        return data

    def _take_text(self) -> None:
        if not self._framed:
            self._text, self._raw = self._text + self._raw, b""
        while b"\n" not in self._text and len(self._raw) >= protocol.HEADER:
            end = protocol.HEADER + int.from_bytes(self._raw[4 : protocol.HEADER], "big")
            if len(self._raw) < end:
                return
            if self._raw[0] == protocol.STDOUT:
                self._text += self._raw[protocol.HEADER : end]
            else:
                self._kept += self._raw[:end]
            self._raw = self._raw[end:]

    def _split(self) -> tuple[str, bytes]:
        line, _, rest = self._text.partition(b"\n")
        if not line.startswith(self._mark):
            reason = self._text.decode("utf-8", "replace").strip()
            if lacks_shell(reason):
                raise NoShellError
            raise EngineError(reason[:300] or "the container engine ended the connection")
        if rest and self._framed:
            rest = protocol.frame(protocol.STDOUT, rest)
        return line[len(self._mark) :].decode("ascii", "replace").strip(), self._kept + rest + self._raw


def lacks_shell(reason: str) -> bool:
    """Returns whether the engine's reason is that there is no `sh`."""
    return '"sh"' in reason and ("not found" in reason or "no such file" in reason)
