"""The site's pages and WebSocket, as an ASGI application.

`/bytes/SIZE` sends bytes, `/digest` answers the SHA-256 of the body, `/events/COUNT/MILLISECONDS` sends the
time again and again, `/npm/tiny` describes a package. Everything else is a file below /srv/files. The
WebSocket repeats what it gets.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from .. import journal
from .content import numbered

FILES = Path("/srv/files")
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def site(scope: Message, receive: Receive, send: Send) -> None:
    """Answers one request or WebSocket."""
    if scope["type"] == "http":
        journal.record(
            "modern", scope["server"][1], scope["client"][0], host=_host(scope), path=scope["path"]
        )
        await _reply(send, *await _answer(scope, receive))
    elif scope["type"] == "websocket":
        await _repeat(receive, send)
    else:
        await _live(receive, send)


def _host(scope: Message) -> str:
    return next((str(value, "latin-1") for name, value in scope["headers"] if name == b"host"), "")


async def _answer(scope: Message, receive: Receive) -> tuple[int, AsyncIterator[bytes]]:
    first, *rest = scope["path"].strip("/").split("/")
    if first == "bytes":
        return 200, _blocks(int(rest[0]))
    if first == "digest":
        return 200, _each(await _digest(receive))
    if first == "events":
        return 200, _events(int(rest[0]), int(rest[1]) / 1000)
    if scope["path"] == "/npm/tiny":
        return 200, _each(_package(_host(scope)))
    file = FILES / scope["path"].strip("/")
    file = file / "index.html" if file.is_dir() else file
    return (200, _each(file.read_bytes())) if file.is_file() else (404, _each(b"none\n"))


async def _each(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def _blocks(size: int) -> AsyncIterator[bytes]:
    for block in numbered(size):
        yield block


async def _digest(receive: Receive) -> bytes:
    total, more = hashlib.sha256(), True
    while more:
        message = await receive()
        total.update(message.get("body", b""))
        more = message.get("more_body", False)
    return total.hexdigest().encode()


async def _events(count: int, seconds: float) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield f"data: {time.time()}\n\n".encode()
        await asyncio.sleep(seconds)


def _package(host: str) -> bytes:
    tarball = f"https://{host}/tiny-1.0.0.tgz"
    version = {"name": "tiny", "version": "1.0.0", "dist": {"tarball": tarball}}
    return json.dumps(
        {"name": "tiny", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    ).encode()


async def _reply(send: Send, status: int, body: AsyncIterator[bytes]) -> None:
    # pip reads an index only if it says that it is HTML. The other programs do not look.
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]}
    )
    async for part in body:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})


async def _repeat(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def _live(receive: Receive, send: Send) -> None:
    for _ in range(2):
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
