"""A resolver that writes down every question, answers the scripted ones and asks Docker's own the rest."""

from __future__ import annotations

import ipaddress
import socket
import struct
import threading
from collections.abc import Callable
from functools import partial

from . import journal
from .sockets import Control, listener, receive

DOCKER = ("127.0.0.11", 53)
A, AAAA = 1, 28
NXDOMAIN = 3


def udp(port: int = 53) -> Callable[[], None]:
    """Bind *port* and return the endless function that answers over UDP."""
    return partial(_serve_udp, listener(socket.SOCK_DGRAM, port))


def _serve_udp(server: socket.socket) -> None:
    while True:
        threading.Thread(target=_answer_udp, args=(server, *receive(server)), daemon=True).start()


def _answer_udp(server: socket.socket, query: bytes, control: Control, peer: tuple[str, int]) -> None:
    server.sendmsg([answer(query, peer[0])], control, 0, peer)


def tcp(port: int = 53) -> Callable[[], None]:
    """Bind *port* and return the endless function that answers over TCP, one question a connection."""
    server = listener(socket.SOCK_STREAM, port)
    server.listen(64)
    return partial(_serve_tcp, server)


def _serve_tcp(server: socket.socket) -> None:
    while True:
        connection, peer = server.accept()
        threading.Thread(target=_answer_tcp, args=(connection, peer[0]), daemon=True).start()


def _answer_tcp(connection: socket.socket, peer: str) -> None:
    with connection, connection.makefile("rb") as stream:
        (length,) = struct.unpack("!H", stream.read(2))
        reply = answer(stream.read(length), peer)
        connection.sendall(struct.pack("!H", len(reply)) + reply)


def answer(query: bytes, peer: str) -> bytes:
    """Return the reply to *query*; what the test scripted under `answers` wins over Docker's resolver."""
    name, kind, end = _question(query)
    journal.record("dns", 53, peer, name=name, type=kind)
    scripted = (journal.setting("answers") or {}).get(name)
    return _forward(query) if scripted is None else _reply(query[:end], kind, scripted)


def _question(query: bytes) -> tuple[str, int, int]:
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += length + 1
    return ".".join(labels).lower(), int.from_bytes(query[at + 1 : at + 3], "big"), at + 5


def _reply(question: bytes, kind: int, addresses: list[str]) -> bytes:
    records = [_record(a) for a in addresses if ipaddress.ip_address(a).version == (6 if kind == AAAA else 4)]
    wanted = records if kind in (A, AAAA) else []
    code = 0 if addresses else NXDOMAIN
    header = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(wanted), 0, 0)
    return header + question[12:] + b"".join(wanted)


def _record(address: str) -> bytes:
    packed = ipaddress.ip_address(address).packed
    kind = A if len(packed) == 4 else AAAA
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 5, len(packed)) + packed


def _forward(query: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
        upstream.settimeout(2)
        upstream.sendto(query, DOCKER)
        try:
            reply = upstream.recv(4096)
        except OSError:
            reply = b""
    known = reply and reply[3] & 15 in (0, NXDOMAIN)
    return reply if known else _reply(query[: _question(query)[2]], A, [])
