"""The web servers: a greeting for any host, GitHub's meta API, redirects, faults, and the model."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import journal, model
from .sockets import listener

CERTIFICATE = "/srv/certificate.pem"


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; `name` and `port` are set by :func:`web`."""

    protocol_version = "HTTP/1.1"
    name = ""
    port = 0

    def do_GET(self) -> None:
        self._note()
        first = urlsplit(self.path).path.split("/")[1]
        answer = {
            "meta": self._meta,
            "redirect": self._redirect,
            "status": self._status,
            "bytes": self._bytes,
        }
        answer.get(first, self._greet)()

    do_HEAD = do_PUT = do_DELETE = do_GET  # noqa: N815 -- the base class wants these names

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.name != "model" or not self.path.startswith("/v1/messages"):
            self._note(bytes=len(body))
            return self._greet()
        request = json.loads(body)
        reply = model.reply(self.path, request)
        self._note(headers={k.lower(): v for k, v in self.headers.items()}, **model.summary(request))
        return self.answer(200, reply.body, reply.content_type)

    def _note(self, **details: object) -> None:
        host = self.headers.get("host", "")
        line = {"host": host, "method": self.command, "path": self.path, **details}
        journal.record("http", self.port, self.client_address[0], **line)

    def _greet(self) -> None:
        if self.name == "model":
            # Settings and limits that an organisation may have: this one has none.
            known = 404 if self.path.startswith("/api/claude_code/") else 200
            return self.answer(known, b"{}", "application/json")
        return self.answer(200, f"hello from {self.name}\n".encode())

    def _redirect(self) -> None:
        target = parse_qs(urlsplit(self.path).query)["to"][0]
        self.answer(302, b"", location=target)

    def _status(self) -> None:
        self.answer(int(self.path.split("/")[2]), b"as you wished\n")

    def _bytes(self) -> None:
        self.answer(200, b"x" * int(self.path.split("/")[2]))

    def _meta(self) -> None:
        told = journal.setting("meta")
        if told is None:
            return self._greet()
        time.sleep(told.get("delay", 0))
        tag = told.get("etag", '"1"')
        if self.headers.get("if-none-match") == tag:
            return self.answer(304, b"", etag=tag)
        body = told["body"] if isinstance(told["body"], str) else json.dumps(told["body"])
        return self.answer(told.get("status", 200), body.encode(), "application/json", etag=tag)

    def answer(self, status: int, body: bytes, content_type: str = "text/plain", **headers: str) -> None:
        """Send a complete response."""
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: the journal has it."""


class Server(ThreadingHTTPServer):
    """Takes connections on a bound socket; TLS starts in the connection's own thread: nobody blocks it."""

    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def __init__(self, bound: socket.socket, handler: type[Handler]) -> None:
        super().__init__(bound.getsockname()[:2], handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        bound.listen(64)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = self.socket.accept()
        journal.record("tcp", self.server_address[1], peer[0])
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, peer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is an ordinary event here."""


def web(name: str, port: int, tls: bool) -> Callable[[], None]:
    """Bind *port* and return the endless function that serves HTTP, with TLS when *tls*."""
    handler = type("Named", (Handler,), {"name": name, "port": port})
    server = Server(listener(socket.SOCK_STREAM, port), handler)
    if tls:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(CERTIFICATE)
    return server.serve_forever
