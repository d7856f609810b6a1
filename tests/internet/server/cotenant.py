"""A server of two sites at one address: a listed one, and the co-tenant, to which everything odd goes.

It never refuses anything. Only what every server in the world reads as the listed name gets the listed site.
So whatever comes through to the other site is a hole, however few servers would have taken it that way.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial

from . import hello, journal, requests
from .sockets import listener

LISTED = "shared.example.net"
CERTIFICATE = "/srv/certificate.pem"
# Seconds after which half a message is all that there will be.
PATIENCE = 0.3
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def server(port: int, tls: bool) -> Callable[[], None]:
    """Bind *port* and return the endless function that serves both sites, with TLS when *tls*."""
    bound = listener(socket.SOCK_STREAM, port)
    bound.listen(64)
    return partial(_serve, bound, port, _over_tls if tls else _in_the_clear)


def _serve(bound: socket.socket, port: int, answer: Callable[[socket.socket], bool]) -> None:
    while True:
        connection, peer = bound.accept()
        threading.Thread(target=_answer, args=(connection, port, peer[0], answer), daemon=True).start()


def _answer(connection: socket.socket, port: int, peer: str, answer: Callable[[socket.socket], bool]) -> None:
    with connection, contextlib.suppress(OSError):
        if not answer(connection):
            journal.record("cotenant", port, peer)


def greeting(listed: bool) -> bytes:
    """Return what one of the two sites says."""
    return f"hello from {'shared' if listed else 'cotenant'}\n".encode()


def _page(listed: bool) -> bytes:
    body = greeting(listed)
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def _in_the_clear(connection: socket.socket) -> bool:
    """Answer all requests; return whether all of them were for the listed site.

    After a request for `/no-bodies` it takes a body for the next request, as some servers do, and it is slow.
    Then nobody can stop the request, only its answer.
    """
    stream = requests.Stream(connection, PATIENCE)
    while (request := stream.next()) is not None:
        listed = request.well_formed and request.host == LISTED
        if listed and request.socket_key:
            return _tunnel(connection, request.socket_key)
        time.sleep(0 if stream.bodies else PATIENCE)
        connection.sendall(_page(listed))
        if not listed:
            return not stream.bodies
    return True


def _tunnel(connection: socket.socket, key: bytes) -> bool:
    accept = base64.b64encode(hashlib.sha1(key + _WEBSOCKET).digest())  # noqa: S324 -- RFC 6455, 4.2.2
    head = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    connection.sendall(head + b"sec-websocket-accept: " + accept + b"\r\n\r\n")
    if connection.recv(1000):
        connection.sendall(greeting(True))
    return True


def _over_tls(connection: socket.socket) -> bool:
    """Answer a hello that a test made, in the clear; with all others speak TLS."""
    start = connection.recv(65536, socket.MSG_PEEK)
    if start[:1] == b"\x16" and hello.MARK not in start:
        return _speak_tls(connection)
    read = hello.read(_until_quiet(connection))
    # What came behind the hello shows that all of it got here.
    connection.sendall(greeting(read.name == LISTED) + read.behind)
    return read.name == LISTED


def _until_quiet(connection: socket.socket) -> bytes:
    data = b""
    connection.settimeout(PATIENCE)
    with contextlib.suppress(TimeoutError):
        while more := connection.recv(65536):
            data += more
    return data


def _speak_tls(connection: socket.socket) -> bool:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    connection.settimeout(10)
    with context.wrap_socket(connection, server_side=True) as secured:
        listed = names == [LISTED]
        secured.recv(65536)
        secured.sendall(_page(listed))
    return listed
