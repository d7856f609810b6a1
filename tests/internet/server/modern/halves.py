"""Two servers over TLS: one that closes half of a connection, one that wants a client certificate."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable

from .. import journal
from ..sockets import listener
from .content import numbered

CERTIFICATE, AUTHORITY = "/srv/certificate.pem", "/srv/ca.pem"
SIZE = 5_000_000


def close_half(connection: ssl.SSLSocket) -> None:
    """Ends our direction of a connection and keeps the other one, which SSLSocket's own method would not."""
    socket.socket.shutdown(connection, socket.SHUT_WR)


def tolerant(context: ssl.SSLContext) -> ssl.SSLContext:
    """Has a context take the end of TCP for the end of the data. Otherwise nothing can be sent after it."""
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


def read_all(connection: ssl.SSLSocket) -> tuple[int, str]:
    """Returns the number of bytes that come until the end, and their SHA-256."""
    total, count = hashlib.sha256(), 0
    while data := connection.recv(65536):
        total.update(data)
        count += len(data)
    return count, total.hexdigest()


def half_closed(connection: ssl.SSLSocket) -> None:
    """Serves a client that closes its half first (`c`), or closes first (`s`) and notes what comes then."""
    order = connection.recv(1)
    if order == b"c":
        read_all(connection)
    for block in numbered(SIZE):
        connection.sendall(block)
    if order == b"s":
        close_half(connection)
        count, digest = read_all(connection)
        journal.record("half", 0, "", count=count, digest=digest)


def name_of(connection: ssl.SSLSocket) -> None:
    """Says whose certificate the client has."""
    certificate = connection.getpeercert() or {}
    names = certificate.get("subjectAltName", ())
    connection.sendall(" ".join(str(each[1]) for each in names).encode())


def serve(
    port: int, answer: Callable[[ssl.SSLSocket], None], certificates: bool = False
) -> Callable[[], None]:
    """Binds *port* and returns an endless function that serves TLS, also with the client's *certificates*."""
    context = tolerant(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.load_cert_chain(CERTIFICATE)
    if certificates:
        context.load_verify_locations(AUTHORITY)
        context.verify_mode = ssl.CERT_REQUIRED
    bound = listener(socket.SOCK_STREAM, port)
    bound.listen(64)

    def one(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            answer(secured)

    def endless() -> None:
        while True:
            threading.Thread(target=one, args=(bound.accept()[0],), daemon=True).start()

    return endless
