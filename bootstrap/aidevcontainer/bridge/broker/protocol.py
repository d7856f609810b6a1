"""The protocol between client and broker: frames on a Unix socket, one connection for each command.

A frame is a byte for its kind, three zero bytes, the length in four bytes (big-endian), and the content. The
engine frames a command's output in the same way, so the broker passes it on unchanged.

The client sends a REQUEST first. The broker answers with a REFUSAL and ends, or runs the command: STDOUT and
STDERR as they arrive, then one EXIT. Standard input goes the other way as STDIN, never more bytes than CREDIT
frames have allowed so far, followed by END_OF_INPUT. So the broker always has room for the next frame, and a
signal does not wait behind input that the command does not read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

VERSION = 1

STDIN, STDOUT, STDERR = 0, 1, 2
REQUEST, END_OF_INPUT, RESIZE, SIGNAL = 16, 17, 18, 19
EXIT, REFUSAL, CREDIT = 32, 33, 34

# Bytes of input that may wait for a command that does not read.
WINDOW = 256 * 1024
# Linux allows 2 MiB of arguments and environment with the usual limit of 8 MiB for the stack.
LONGEST_REQUEST = 2 * 1024 * 1024 + 512 * 1024
LONGEST_SENTENCE = 8 * 1024
CHUNK = 128 * 1024

SIGNALS = ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "STOP", "CONT")

# The largest content that one side accepts from the other, for each kind.
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

_HEADER = struct.Struct(">B3sI")
HEADER = _HEADER.size
_NUMBER = struct.Struct(">I")
_SIZE = struct.Struct(">HH")
_START = struct.Struct(">BBHH")


class ProtocolError(Exception):
    """The other side broke the protocol. The text says how."""


class Size(NamedTuple):
    """A terminal's size in characters."""

    rows: int
    columns: int


class Request(NamedTuple):
    """A command to run, in the caller's own bytes. `terminal` is None where the caller has none."""

    name: bytes
    directory: bytes
    arguments: tuple[bytes, ...]
    environment: tuple[tuple[bytes, bytes], ...]
    terminal: Size | None


class Decoder:
    """Splits a stream into frames, wherever it was cut. `limits` has each allowed kind's largest content.

    The content of STDIN, STDOUT and STDERR is passed on in the pieces that arrive, other content as a whole.
    """

    def __init__(self, limits: dict[int, int]) -> None:
        self._limits = limits
        self._rest = b""
        self._kind = -1
        self._missing = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes | memoryview]]:
        """Yields kind and content of the frames that `data` completes. Raises ProtocolError."""
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
            raise ProtocolError("the bytes are not a frame of the bridge's protocol")
        if length > self._limits[kind]:
            raise ProtocolError(f"a frame of kind {kind} with {length} bytes is too long")
        return kind, length


class FrameEnds:
    """Finds the places in a stream of frames where one ends."""

    def __init__(self) -> None:
        self._head = b""
        self._missing = 0

    @property
    def inside(self) -> bool:
        """Whether the stream so far ends in the middle of a frame."""
        return bool(self._head or self._missing)

    def feed(self, data: bytes) -> int:
        """Returns after how many bytes of `data` its last complete frame ends, 0 if none does."""
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
    """Returns one frame."""
    return _HEADER.pack(kind, b"\0\0\0", len(content)) + content


def number_frame(kind: int, number: int) -> bytes:
    """Returns a frame with a number, for EXIT and CREDIT."""
    return frame(kind, _NUMBER.pack(number))


def read_number(content: bytes) -> int:
    """Returns the number in a frame's content. Raises ProtocolError."""
    return int(_unpack(_NUMBER, content)[0])


def size_frame(size: Size) -> bytes:
    """Returns a RESIZE frame."""
    return frame(RESIZE, _SIZE.pack(*size))


def read_size(content: bytes) -> Size:
    """Returns the size in a RESIZE frame's content. Raises ProtocolError."""
    return Size(*_unpack(_SIZE, content))


def read_signal(content: bytes) -> str:
    """Returns the name in a SIGNAL frame's content. Raises ProtocolError for any other signal."""
    name = content.decode("ascii", "replace")
    if name not in SIGNALS:
        raise ProtocolError(f"{name!r} is not a signal that the bridge passes on")
    return name


def refusal_frame(code: int, sentence: str) -> bytes:
    """Returns a REFUSAL frame: the client prints the sentence and ends with the code."""
    text = sentence.encode("utf-8", "replace")[: LONGEST_SENTENCE - 1]
    return frame(REFUSAL, bytes([code]) + text)


def read_refusal(content: bytes) -> tuple[int, str]:
    """Returns the exit code and the sentence of a REFUSAL. Raises ProtocolError."""
    if not content:
        raise ProtocolError("the refusal is empty")
    return content[0], content[1:].decode("utf-8", "replace")


def request_frame(request: Request) -> bytes:
    """Returns a REQUEST frame."""
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
    """Returns the request in a REQUEST frame's content. Raises ProtocolError."""
    reader = _Reader(content)
    version, terminal, rows, columns = _START.unpack(reader.take(_START.size))
    if version != VERSION:
        raise ProtocolError(f"version {version} of the protocol is not supported, only {VERSION}")
    if terminal > 1:
        raise ProtocolError("the terminal's flag must be 0 or 1")
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
            raise ProtocolError("an argument, folder or variable contains a zero byte")
        return found

    def count(self, smallest: int) -> int:
        # Each item has at least its length, so a number beyond the content is refused before it costs memory.
        number = int(_NUMBER.unpack(self.take(4))[0])
        if number * smallest > len(self._content) - self._at:
            raise ProtocolError("the request ends in the middle")
        return number

    def end(self) -> None:
        if self._at != len(self._content):
            raise ProtocolError("there are bytes after the request")


def _put(parts: list[bytes], text: bytes) -> None:
    parts.append(_NUMBER.pack(len(text)))
    parts.append(text)


def _unpack(form: struct.Struct, content: bytes) -> tuple[int, ...]:
    if len(content) != form.size:
        raise ProtocolError("a frame has the wrong length")
    return form.unpack(content)
