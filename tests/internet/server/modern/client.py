"""Usage: python3 -m server.modern.client WHAT NAME [ARGUMENT…]. Prints what a client sees, as JSON."""

from __future__ import annotations

import asyncio
import http.client
import json
import resource
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import halves
from .content import numbered

AUTHORITY, OWN = "/srv/ca.pem", "/srv/client.pem"


def _trusting() -> ssl.SSLContext:
    return halves.tolerant(ssl.create_default_context(cafile=AUTHORITY))


def _connect(name: str, port: int, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    connection = socket.create_connection((name, port), 30)
    return (context or _trusting()).wrap_socket(connection, server_hostname=name)


def upload(name: str, size: str) -> str:
    """Sends bytes and returns the digest that the server found."""
    connection = http.client.HTTPSConnection(name, context=_trusting())
    connection.request("POST", "/digest", numbered(int(size)), {"content-length": size})
    return connection.getresponse().read().decode()


def half_closed(name: str, first: str) -> tuple[int, str]:
    """Closes its half before (`c`) or after (`s`) the server does; returns what came from the server."""
    with _connect(name, 7443) as connection:
        connection.sendall(first.encode())
        if first == "c":
            halves.close_half(connection)
        read = halves.read_all(connection)
        if first == "s":
            time.sleep(0.5)
            for block in numbered(halves.SIZE):
                connection.sendall(block)
        return read


def half_closed_http(name: str, size: str) -> int:
    """Closes its half after a request without encryption; returns how many bytes come."""
    with socket.create_connection((name, 80), 30) as connection:
        connection.sendall(
            f"GET /bytes/{size} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()
        )
        connection.shutdown(socket.SHUT_WR)
        count = 0
        while data := connection.recv(65536):
            count += len(data)
        return count


def again(name: str, seconds: str) -> bool:
    """Asks twice on one connection, with a pause; returns whether the connection was still the same one."""
    connection = http.client.HTTPSConnection(name, context=_trusting())
    used = []
    for pause in (0.0, float(seconds)):
        time.sleep(pause)
        connection.request("GET", "/hello")
        connection.getresponse().read()
        used.append(connection.sock)
    return used[0] is used[1] is not None


def until_told(name: str, file: str) -> int:
    """Asks again and again on one connection until a file appears; returns how often it was answered."""
    connection = http.client.HTTPSConnection(name, context=_trusting())
    connection.connect()
    first, count = connection.sock, 0
    while not Path(file).exists():
        connection.request("GET", "/hello")
        assert connection.getresponse().read() == b"hello\n"
        assert connection.sock is first
        count += 1
        time.sleep(0.02)
    return count


def events(name: str, scheme: str, count: str, milliseconds: str) -> tuple[int, float]:
    """Reads a trickle of events; returns their number and the longest delay between sending and reading."""
    secure = http.client.HTTPSConnection(name, context=_trusting())
    connection = secure if scheme == "https" else http.client.HTTPConnection(name)
    connection.request("GET", f"/events/{count}/{milliseconds}")
    answer = connection.getresponse()
    delays = []
    while line := answer.readline():
        if line.startswith(b"data: "):
            delays.append(time.time() - float(line[6:]))
    return len(delays), max(delays)


def own_certificate(name: str, show: str) -> str:
    """Returns the names in our certificate that the server saw, or "" if it wanted one in vain."""
    context = _trusting()
    if show == "yes":
        context.load_cert_chain(OWN)
    with _connect(name, 8443, context) as connection:
        try:
            return connection.recv(4096).decode()
        except ssl.SSLError as refused:
            assert refused.reason == "TLSV13_ALERT_CERTIFICATE_REQUIRED"
            return ""


def certificate(name: str) -> str:
    """Returns the server's certificate in hex."""
    with _connect(name, 443) as connection:
        return (connection.getpeercert(binary_form=True) or b"").hex()


def large_hello(name: str, length: str) -> str | None:
    """Offers so many bytes of protocols in the hello; returns the one that the server chose."""
    context = _trusting()
    context.set_alpn_protocols([*(f"{number:0100}" for number in range(int(length) // 101)), "http/1.1"])
    with _connect(name, 443, context) as connection:
        return connection.selected_alpn_protocol()


def at_once(name: str, count: str) -> int:
    """Opens so many connections, then asks on each; returns how many were answered."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    return asyncio.run(_at_once(name, int(count)))


async def _at_once(name: str, count: int) -> int:
    opening = (asyncio.open_connection(name, 443, ssl=_trusting()) for _ in range(count))
    answers = [_ask(*one, name) for one in await asyncio.gather(*opening)]
    return sum(await asyncio.gather(*answers))


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> bool:
    writer.write(f"GET /hello HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
    answered = (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.transport.abort()
    return answered


def grpc(name: str, count: str) -> tuple[int, Any]:
    """Sends each message after the answer to the last one; returns their number and the trailers."""
    import grpc as library

    credentials = library.ssl_channel_credentials(Path(AUTHORITY).read_bytes())
    with library.secure_channel(f"{name}:50051", credentials) as channel:
        answers: list[bytes] = []

        def messages() -> Iterator[bytes]:
            for number in range(int(count)):
                while len(answers) < number:
                    time.sleep(0.01)
                yield str(number).encode()

        call = channel.stream_stream("/talk/repeat")(messages(), timeout=60)
        for answer in call:
            answers.append(answer)
        return len(answers), dict(call.trailing_metadata())


WHAT: dict[str, Callable[..., object]] = {
    each.__name__: each
    for each in (
        upload, half_closed, half_closed_http, again, until_told, events,
        own_certificate, certificate, large_hello, at_once, grpc,
    )
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(WHAT[sys.argv[1]](*sys.argv[2:])))
