"""HTTP/1 requests (RFC 9112), read by the letter: what could be read in two ways is not well formed."""

from __future__ import annotations

import re
import socket
from typing import NamedTuple

_LINE = re.compile(rb"[A-Z]+ /[!-~]* HTTP/1\.[01]")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")


class Request(NamedTuple):
    """One request; `socket_key` if it asks for a WebSocket."""

    well_formed: bool
    host: str = ""
    socket_key: bytes = b""


class OddError(ValueError):
    """The bytes are not what the standard says."""


ODD = Request(False)


class Stream:
    """The requests of one connection.

    After *patience* seconds without more bytes, half a request is an odd one. `bodies` is false after a
    request that asks to take bodies for requests.
    """

    def __init__(self, connection: socket.socket, patience: float) -> None:
        self.bodies = True
        self._connection, self._patience = connection, patience
        self._data = b""

    def next(self) -> Request | None:
        """Return the next request, or None at the end of the connection."""
        self._connection.settimeout(20)
        if not self._data and not self._more():
            return None
        self._connection.settimeout(self._patience)
        try:
            return self._read()
        except (OddError, UnicodeDecodeError, TimeoutError):
            return ODD

    def _more(self) -> bool:
        more = self._connection.recv(65536)
        self._data += more
        return bool(more)

    def _until(self, end: bytes) -> bytes:
        while end not in self._data:
            if not self._more():
                raise OddError("cut off")
        before, _, self._data = self._data.partition(end)
        return before

    def _take(self, count: int) -> bytes:
        while len(self._data) < count:
            if not self._more():
                raise OddError("cut off")
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def _read(self) -> Request:
        line, *lines = self._until(b"\r\n\r\n").split(b"\r\n")
        headers = [_matched(_HEADER, each).groups() for each in lines]
        values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            values.setdefault(name.lower(), []).append(value)
        if not _LINE.fullmatch(line) or any(len(values.get(name, ())) > 1 for name in _ONCE):
            raise OddError("an odd head")
        upgrade = values.get(b"upgrade", [b""])[0].lower()
        if upgrade not in (b"", b"websocket"):
            raise OddError("an odd upgrade")
        self.bodies = self.bodies and b" /no-bodies " not in line
        if self.bodies:
            self._skip_body(values)
        host = values.get(b"host", [b""])[0].decode("ascii").lower().removesuffix(":80").removesuffix(".")
        return Request(True, host, values[b"sec-websocket-key"][0] if upgrade else b"")

    def _skip_body(self, values: dict[bytes, list[bytes]]) -> None:
        coding, length = (values.get(name) for name in (b"transfer-encoding", b"content-length"))
        if coding and (length or coding != [b"chunked"]):
            raise OddError("two lengths")
        if length:
            self._take(int(_matched(re.compile(rb"[0-9]{1,8}"), length[0]).group()))
        while coding:
            size = int(_matched(_CHUNK, self._until(b"\r\n") + b"\r\n").group(1), 16)
            if self._take(size + 2)[size:] != b"\r\n":
                raise OddError("an odd chunk")
            if not size:
                return


_ONCE = (b"host", b"content-length", b"transfer-encoding", b"upgrade")


def _matched(pattern: re.Pattern[bytes], text: bytes) -> re.Match[bytes]:
    found = pattern.fullmatch(text)
    if not found:
        raise OddError("an odd line")
    return found
