"""How the agent's container and the broker talk: frames on a Unix socket, one connection for each command.

A frame is a byte for its kind, three zero bytes, the length in four bytes (big-endian), and as many bytes of
content. That is the engine's own framing of a command's output, so that what it sends can be handed on as it
is.

The client sends a REQUEST first. The broker answers with a REFUSAL, which is the end, or runs the command:
STDOUT and STDERR as they come, then one EXIT. Standard input goes the other way as STDIN, at most as many
bytes as CREDIT frames have allowed so far, with END_OF_INPUT behind it. So the broker always has room for the
frame that follows, and a signal is not stuck behind input that nobody reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

VERSION = 1

STDIN, STDOUT, STDERR = 0, 1, 2
REQUEST, END_OF_INPUT, RESIZE, SIGNAL = 16, 17, 18, 19
EXIT, REFUSAL, CREDIT = 32, 33, 34

# What may be waiting for a command that does not read its input.
WINDOW = 256 * 1024
# Linux takes 2 MiB of arguments and environment with the usual limit of 8 MiB for a stack.
LONGEST_REQUEST = 2 * 1024 * 1024 + 512 * 1024
LONGEST_SENTENCE = 8 * 1024
CHUNK = 128 * 1024

SIGNALS = ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "STOP", "CONT")

# The largest content of each kind that one side accepts from the other.
FROM_CLIENT = {
    REQUEST: LONGEST_REQUEST,
    STDIN: WINDOW,
    END_OF_INPUT: 0,
    RESIZE: 4,
    SIGNAL: 8,
}
FROM_BROKER = {
    STDOUT: 0xFFFFFFFF,
    STDERR: 0xFFFFFFFF,
    EXIT: 4,
    REFUSAL: LONGEST_SENTENCE,
    CREDIT: 4,
}

FROM_ENGINE = {STDIN: 0xFFFFFFFF, STDOUT: 0xFFFFFFFF, STDERR: 0xFFFFFFFF}

_HEADER = struct.Struct(">B3sI")
HEADER = _HEADER.size
_NUMBER = struct.Struct(">I")
_SIZE = struct.Struct(">HH")
_START = struct.Struct(">BBHH")


class ProtocolError(Exception):
    """What came is not of this protocol; its text says why."""


class Size(NamedTuple):
    """A terminal's size in characters."""

    rows: int
    columns: int


class Request(NamedTuple):
    """A command to run; `terminal` is None where there is none. Everything is in the bytes that the caller
    had."""

    name: bytes
    directory: bytes
    arguments: tuple[bytes, ...]
    environment: tuple[tuple[bytes, bytes], ...]
    terminal: Size | None


class Decoder:
    """Takes a stream apart, however it was cut. *limits* holds the kinds that may come and their largest
    content.

    Content of STDIN, STDOUT and STDERR is handed on in the pieces it came in, all other content once it is
    complete.
    """

    def __init__(self, limits: dict[int, int]) -> None:
        self._limits = limits
        self._rest = b""
        self._kind = -1
        self._missing = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes | memoryview]]:
        """Yield kind and content of what *data* completes. Raises ProtocolError."""
        view = memoryview(self._rest + data if self._rest else data)
        at = 0
        while True:
            if self._missing:
                piece = view[at : at + self._missing]
                if not piece:
                    break
                at += len(piece)
                self._missing -= len(piece)
                yield self._kind, piece
            elif len(view) - at < _HEADER.size:
                break
            else:
                kind, length = self._header(view, at)
                if kind <= STDERR:
                    self._kind, self._missing = kind, length
                elif len(view) - at - _HEADER.size < length:
                    break
                else:
                    yield kind, bytes(view[at + _HEADER.size : at + _HEADER.size + length])
                    at += length
                at += _HEADER.size
        self._rest = bytes(view[at:])

    def _header(self, view: memoryview, at: int) -> tuple[int, int]:
        kind, padding, length = _HEADER.unpack_from(view, at)
        if kind not in self._limits or padding != b"\0\0\0":
            raise ProtocolError("what came is no frame of the bridge's protocol")
        if length > self._limits[kind]:
            raise ProtocolError(f"a frame of kind {kind} with {length} bytes is too long")
        return kind, length


class FrameEnds:
    """Watches a stream of frames for the places where one ends; `inside` tells whether it stands in the
    middle."""

    def __init__(self) -> None:
        self._head = b""
        self._missing = 0

    @property
    def inside(self) -> bool:
        """Tell whether more of a frame must follow."""
        return bool(self._head or self._missing)

    def feed(self, data: bytes) -> int:
        """Return behind which byte of *data* the last frame in it ends, 0 if none does."""
        at = last = 0
        while at < len(data):
            if self._missing:
                step = min(self._missing, len(data) - at)
                self._missing -= step
            else:
                step = min(HEADER - len(self._head), len(data) - at)
                self._head += data[at : at + step]
                if len(self._head) == HEADER:
                    self._head, self._missing = b"", int.from_bytes(self._head[4:], "big")
            at += step
            last = last if self.inside else at
        return last


def frame(kind: int, content: bytes = b"") -> bytes:
    """Return one frame."""
    return _HEADER.pack(kind, b"\0\0\0", len(content)) + content


def number_frame(kind: int, number: int) -> bytes:
    """Return a frame of a number, for EXIT and CREDIT."""
    return frame(kind, _NUMBER.pack(number))


def read_number(content: bytes) -> int:
    """Return the number in a frame's content. Raises ProtocolError."""
    return int(_unpack(_NUMBER, content)[0])


def size_frame(size: Size) -> bytes:
    """Return a RESIZE frame."""
    return frame(RESIZE, _SIZE.pack(*size))


def read_size(content: bytes) -> Size:
    """Return the size in a RESIZE frame's content. Raises ProtocolError."""
    return Size(*_unpack(_SIZE, content))


def read_signal(content: bytes) -> str:
    """Return the name in a SIGNAL frame's content. Raises ProtocolError for one that is not handed on."""
    name = content.decode("ascii", "replace")
    if name not in SIGNALS:
        raise ProtocolError(f"{name!r} is no signal that the bridge hands on")
    return name


def refusal_frame(code: int, sentence: str) -> bytes:
    """Return a REFUSAL frame: the client prints the sentence and ends with the code."""
    text = sentence.encode("utf-8", "replace")[: LONGEST_SENTENCE - 1]
    return frame(REFUSAL, bytes([code]) + text)


def read_refusal(content: bytes) -> tuple[int, str]:
    """Return exit code and sentence of a REFUSAL. Raises ProtocolError."""
    if not content:
        raise ProtocolError("an empty refusal")
    return content[0], content[1:].decode("utf-8", "replace")


def request_frame(request: Request) -> bytes:
    """Return a REQUEST frame."""
    size = request.terminal or Size(0, 0)
    parts = [_START.pack(VERSION, request.terminal is not None, *size)]
    _put(parts, request.name)
    _put(parts, request.directory)
    parts.append(_NUMBER.pack(len(request.arguments)))
    for argument in request.arguments:
        _put(parts, argument)
    parts.append(_NUMBER.pack(len(request.environment)))
    for name, value in request.environment:
        _put(parts, name)
        _put(parts, value)
    return frame(REQUEST, b"".join(parts))


def read_request(content: bytes) -> Request:
    """Return the request in a REQUEST frame's content. Raises ProtocolError."""
    reader = _Reader(content)
    version, terminal, rows, columns = _START.unpack(reader.take(_START.size))
    if version != VERSION:
        raise ProtocolError(f"version {version} of the protocol is not known here, only {VERSION}")
    if terminal > 1:
        raise ProtocolError("a terminal is there or it is not")
    name, directory = reader.text(), reader.text()
    arguments = tuple(reader.text() for _ in range(reader.count(4)))
    environment = tuple((reader.text(), reader.text()) for _ in range(reader.count(8)))
    reader.end()
    return Request(name, directory, arguments, environment, Size(rows, columns) if terminal else None)


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, length: int) -> bytes:
        if len(self._content) - self._at < length:
            raise ProtocolError("the request ends in the middle")
        self._at += length
        return self._content[self._at - length : self._at]

    def text(self) -> bytes:
        found = self.take(int(_NUMBER.unpack(self.take(4))[0]))
        if b"\0" in found:
            raise ProtocolError("a zero byte, which no argument, folder or variable can hold")
        return found

    def count(self, smallest: int) -> int:
        # Every item takes its length at least: a number that cannot be true is not counted up to.
        number = int(_NUMBER.unpack(self.take(4))[0])
        if number * smallest > len(self._content) - self._at:
            raise ProtocolError("the request ends in the middle")
        return number

    def end(self) -> None:
        if self._at != len(self._content):
            raise ProtocolError("something stands behind the request")


def _put(parts: list[bytes], text: bytes) -> None:
    parts.append(_NUMBER.pack(len(text)))
    parts.append(text)


def _unpack(form: struct.Struct, content: bytes) -> tuple[int, ...]:
    if len(content) != form.size:
        raise ProtocolError("a frame of the wrong length")
    return form.unpack(content)
