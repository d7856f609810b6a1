"""A gRPC service with one method, `/talk/repeat`: repeats all messages of a stream and ends with `done`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from .halves import CERTIFICATE


def start(port: int) -> object:
    """Starts the server, which runs while the caller keeps the result."""
    pem = Path(CERTIFICATE).read_bytes()
    server = grpc.server(ThreadPoolExecutor(4))
    handlers = {"repeat": grpc.stream_stream_rpc_method_handler(_repeat)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("talk", handlers)])
    server.add_secure_port(f"0.0.0.0:{port}", grpc.ssl_server_credentials([(pem, pem)]))
    server.start()
    return server


def _repeat(messages: Iterator[bytes], context: Any) -> Iterator[bytes]:  # noqa: ANN401 -- grpc has no types
    yield from messages
    context.set_trailing_metadata([("state", "done")])
