"""Receives the request that begins a connection, within bounds of time, length and memory."""

from __future__ import annotations

import _socket as socket
import fcntl
import os
import time

from aidevcontainer.bridge.broker import protocol
from aidevcontainer.bridge.broker.protocol import Decoder, ProtocolError, Request
from aidevcontainer.bridge.broker.relay import VanishedError

REQUEST_WITHIN = 5.0  # seconds
# A request is in memory several times at once, so large ones take turns.
_LARGE = 64 * 1024
_LARGE_AT_ONCE = 8


def receive(
    client: socket.socket, decoder: Decoder, folder: str
) -> tuple[Request, list[tuple[int, bytes | memoryview]]]:
    """Returns the request and the frames that arrived behind it. `folder` is for locks.

    Raises ProtocolError, and VanishedError where the client disconnects first.
    """
    deadline = time.monotonic() + REQUEST_WITHIN
    received = 0
    lock: int | None = None
    try:
        while True:
            data = _receive_within(client, deadline)
            received += len(data)
            if received > _LARGE and lock is None:
                lock = _take_turn(folder, deadline)
            if received == len(data) and data[0] != protocol.REQUEST:
                raise ProtocolError("a connection must begin with a request")
            frames = list(decoder.feed(data))
            if frames:
                return protocol.read_request(bytes(frames[0][1])), frames[1:]
    finally:
        if lock is not None:
            os.close(lock)


def _receive_within(client: socket.socket, deadline: float) -> bytes:
    left = deadline - time.monotonic()
    try:
        if left > 0:
            client.settimeout(left)
            data = client.recv(protocol.CHUNK)
            if not data:
                raise VanishedError
            return data
    except socket.timeout:
        pass
    except OSError as error:
        raise VanishedError from error
    raise ProtocolError(f"the request was not complete within {REQUEST_WITHIN:.0f} seconds")


def _take_turn(folder: str, deadline: float) -> int:
    while time.monotonic() < deadline:
        for number in range(_LARGE_AT_ONCE):
            lock = os.open(f"{folder}/large-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except BlockingIOError:
                os.close(lock)
        time.sleep(0.05)
    raise ProtocolError("too many large requests at once")
