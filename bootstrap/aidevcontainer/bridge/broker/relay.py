"""Carries bytes between a client and a running command's stream, in bounded memory and without blocking."""

from __future__ import annotations

import _socket as socket
import contextlib
import select
from collections.abc import Callable, Iterable

from aidevcontainer.bridge.broker import protocol
from aidevcontainer.bridge.broker.protocol import Decoder, ProtocolError

# With this much output waiting for a client that does not read, the broker stops reading from the engine.
_OUTPUT_LIMIT = 512 * 1024
_CREDIT_STEP = protocol.WINDOW // 4


class VanishedError(Exception):
    """The client disconnected before its command ended."""


class BrokenStreamError(Exception):
    """The engine ended the stream in the middle of a frame."""


class Relay:
    """One command's traffic. It calls `control` with the kind and content of RESIZE and SIGNAL frames."""

    def __init__(
        self,
        client: socket.socket,
        stream: socket.socket,
        decoder: Decoder,
        framed: bool,
        control: Callable[[int, bytes], None],
    ) -> None:
        self._client = client
        self._stream = stream
        self._decoder = decoder
        self._control = control
        # Without a terminal the engine's frames are passed on unchanged. Others are inserted where one ends.
        self._frames = protocol.FrameEnds() if framed else None
        self._output = bytearray()
        self._between = b""
        self._input = bytearray()
        self._allowed = 0
        self._used = 0
        self._input_ends = False
        self._input_open = True
        self._open = True

    def put(self, data: bytes) -> None:
        """Queues a frame for the client."""
        if self._frames and self._frames.inside:
            self._between += data
        else:
            self._output += data

    def begin(self, output: bytes, frames: Iterable[tuple[int, bytes | memoryview]]) -> None:
        """Passes on what arrived before the command ran, and allows input. Raises ProtocolError."""
        self._client.setblocking(False)
        self._stream.setblocking(False)
        self._allow(protocol.WINDOW)
        for kind, content in frames:
            self._take(kind, content)
        if output:
            self._pass_on(output)

    def run(self) -> None:
        """Runs until the command's output ends. Raises VanishedError, BrokenStreamError, ProtocolError."""
        while self._open:
            self._turn()
        if self._frames and self._frames.inside:
            raise BrokenStreamError

    def flush(self) -> None:
        """Runs until the client has received everything. Raises VanishedError, ProtocolError."""
        while self._output:
            self._turn()

    def _turn(self) -> None:
        client, stream = self._client.fileno(), self._stream.fileno()
        poll = select.poll()
        poll.register(client, select.POLLIN | (select.POLLOUT if self._output else 0))
        wanted = self._wanted()
        # A descriptor that is registered for no event would still report its end, again and again.
        if wanted:
            poll.register(stream, wanted)
        for descriptor, events in poll.poll():
            if descriptor == client:
                self._on_client(events)
            elif events & ~select.POLLOUT and wanted & select.POLLIN:
                self._read_stream()
            if descriptor == stream and events & ~select.POLLIN:
                self._write_stream()

    def _wanted(self) -> int:
        reads = self._open and len(self._output) < _OUTPUT_LIMIT
        writes = self._input_open and (self._input or self._input_ends)
        return (select.POLLIN if reads else 0) | (select.POLLOUT if writes else 0)

    def _on_client(self, events: int) -> None:
        if events & select.POLLOUT:
            self._write_client()
        if events & ~select.POLLOUT:
            self._read_client()

    def _write_client(self) -> None:
        try:
            sent = self._client.send(self._output)
        except BlockingIOError:
            return
        except OSError as error:
            raise VanishedError from error
        del self._output[:sent]

    def _read_client(self) -> None:
        try:
            data = self._client.recv(protocol.CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            raise VanishedError from error
        if not data:
            raise VanishedError
        for kind, content in self._decoder.feed(data):
            self._take(kind, content)

    def _take(self, kind: int, content: bytes | memoryview) -> None:
        if kind == protocol.STDIN:
            self._take_input(content)
        elif kind == protocol.END_OF_INPUT:
            self._input_ends = True
        elif kind == protocol.REQUEST:
            raise ProtocolError("a second request on one connection")
        else:
            self._control(kind, bytes(content))

    def _take_input(self, content: bytes | memoryview) -> None:
        self._allowed -= len(content)
        if self._allowed < 0 or self._input_ends:
            raise ProtocolError("more input than was allowed")
        if self._input_open:
            self._input += content
        else:
            self._allow(len(content))

    def _read_stream(self) -> None:
        try:
            data = self._stream.recv(protocol.CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._pass_on(data)
        else:
            self._open = self._input_open = False

    def _pass_on(self, data: bytes) -> None:
        if self._frames is None:
            data = protocol.frame(protocol.STDOUT, data)
        elif (end := self._frames.feed(data)) and self._between:
            data = data[:end] + self._between + data[end:]
            self._between = b""
        self._output += data
        self._write_client()

    def _write_stream(self) -> None:
        try:
            sent = self._stream.send(self._input) if self._input else 0
        except BlockingIOError:
            return
        except OSError:
            # The command has stopped reading. More input is discarded, which looks the same to the client.
            sent, self._input_open = len(self._input), False
        del self._input[:sent]
        self._allow(sent)
        if self._input_ends and not self._input and self._input_open:
            self._input_open = False
            self._end_input()

    def _end_input(self) -> None:
        # The command may have ended in the meantime.
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_WR)

    def _allow(self, number: int) -> None:
        # A few large allowances cost less than many small ones.
        self._used += number
        if self._used >= _CREDIT_STEP:
            self.put(protocol.number_frame(protocol.CREDIT, self._used))
            self._allowed += self._used
            self._used = 0
