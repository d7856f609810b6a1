"""Plain TCP and UDP servers that write down whoever reaches them and send back what they got."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from functools import partial

from . import journal

# Have the kernel tell to which of its own addresses a datagram came.
_TOLD_6 = (socket.IPPROTO_IPV6, 49)  # IPV6_RECVPKTINFO, which Python knows on some systems only
_TOLD_4 = (socket.IPPROTO_IP, 8)  # IP_PKTINFO
Control = list[tuple[int, int, bytes]]


def listener(kind: socket.SocketKind, port: int) -> socket.socket:
    """Return a socket bound to *port* for IPv6 and IPv4, or IPv4 alone where the kernel has no IPv6."""
    with contextlib.suppress(OSError):
        both = socket.socket(socket.AF_INET6, kind)
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        return _bind(both, ("::", port))
    return _bind(socket.socket(socket.AF_INET, kind), ("0.0.0.0", port))


def _bind(bound: socket.socket, address: tuple[str, int]) -> socket.socket:
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if bound.type == socket.SOCK_DGRAM:
        bound.setsockopt(*(_TOLD_6 if bound.family == socket.AF_INET6 else _TOLD_4), 1)
    bound.bind(address)
    return bound


def tcp(port: int) -> Callable[[], None]:
    """Bind *port* and return the endless function that echoes every connection's bytes."""
    server = listener(socket.SOCK_STREAM, port)
    server.listen(64)
    return partial(_serve_tcp, server, port)


def _serve_tcp(server: socket.socket, port: int) -> None:
    while True:
        connection, peer = server.accept()
        journal.record("tcp", port, peer[0])
        threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"hello\n")
        while data := connection.recv(4096):
            connection.sendall(data)


def udp(port: int) -> Callable[[], None]:
    """Bind *port* and return the endless function that echoes every datagram."""
    return partial(_serve_udp, listener(socket.SOCK_DGRAM, port), port)


def receive(server: socket.socket) -> tuple[bytes, Control, tuple[str, int]]:
    """Return the next datagram, how to answer from the address it was sent to, and its sender."""
    data, control, _, peer = server.recvmsg(4096, 256)
    return data, control, peer


def _serve_udp(server: socket.socket, port: int) -> None:
    while True:
        data, control, peer = receive(server)
        journal.record("udp", port, peer[0], bytes=len(data))
        server.sendmsg([data], control, 0, peer)
