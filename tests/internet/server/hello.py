"""TLS hellos that a test made by hand (RFC 8446, 4.1.2): read by the letter, and nothing is forgiven."""

from __future__ import annotations

from typing import NamedTuple

# Stands where other hellos have random bytes.
MARK = b"a hello of the attack catalogue "
HANDSHAKE, APPLICATION_DATA = 22, 23
CLIENT_HELLO = 1


class Hello(NamedTuple):
    """The name that a hello asks for, None if it is odd in any way; and the application data behind it."""

    name: str | None
    behind: bytes = b""


class OddError(ValueError):
    """The bytes are not what the standard says."""


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self._rest = data

    def __bool__(self) -> bool:
        return bool(self._rest)

    def take(self, count: int) -> bytes:
        if count > len(self._rest):
            raise OddError("cut off")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def block(self, width: int) -> _Bytes:
        """Return what stands behind its own length of *width* bytes."""
        return _Bytes(self.take(self.number(width)))

    def rest(self) -> bytes:
        return self.take(len(self._rest))


def read(data: bytes) -> Hello:
    """Return what *data*, a client's first bytes, ask for."""
    try:
        message, behind = _unwrap(_Bytes(data))
        return Hello(_name(message), behind)
    except (OddError, UnicodeDecodeError):
        return Hello(None)


def _unwrap(data: _Bytes) -> tuple[_Bytes, bytes]:
    """Return the hello without the records around it, and the content of the records behind it."""
    message, behind = b"", b""
    while data:
        kind, version, content = data.number(1), data.take(2), data.block(2).rest()
        if version[0] != 3 or not content:
            raise OddError("an odd record")
        if kind == HANDSHAKE and not behind:
            message += content
        elif kind == APPLICATION_DATA:
            behind += content
        else:
            raise OddError("an odd kind")
    whole = _Bytes(message)
    if whole.number(1) != CLIENT_HELLO:
        raise OddError("not a hello")
    body = whole.block(3)
    if whole:
        raise OddError("something behind the hello")
    return body, behind


def _name(body: _Bytes) -> str:
    body.take(34)
    for width in (1, 2, 1):  # session, cipher suites, compressions
        body.block(width)
    extensions = body.block(2)
    names = []
    while extensions:
        kind, content = extensions.number(2), extensions.block(2)
        if kind == 0:
            names.append(_server_name(content))
    if body or len(names) != 1:
        raise OddError("not one name")
    # Names have no case, and may end with the dot of the root.
    return names[0].lower().removesuffix(".")


def _server_name(content: _Bytes) -> str:
    listed = content.block(2)
    kind, name = listed.number(1), listed.block(2).rest()
    if kind or listed or content:
        raise OddError("not one name")
    return name.decode("ascii")
