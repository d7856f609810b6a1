"""Usage: python3 -m server.modern. Serves the site until the container is removed."""

from __future__ import annotations

import asyncio
import socket
import threading

from hypercorn.asyncio import serve
from hypercorn.config import Config

from ..sockets import listener
from . import halves, talk
from .app import site

READY = "serving"


def main() -> None:
    """Starts all servers: TLS and HTTP on the usual ports, the others on those that the tests list."""
    config = Config()
    config.bind = [f"fd://{listener(socket.SOCK_STREAM, 443).detach()}"]
    config.insecure_bind = [f"fd://{listener(socket.SOCK_STREAM, 80).detach()}"]
    config.certfile = config.keyfile = halves.CERTIFICATE
    config.backlog = 1024
    # Connections that are idle for long are what some tests are about.
    config.keep_alive_timeout = 7200
    config.websocket_ping_interval = None
    kept = talk.start(50051)
    for job in (
        halves.serve(7443, halves.half_closed),
        halves.serve(8443, halves.name_of, certificates=True),
    ):
        threading.Thread(target=job, daemon=True).start()
    print(READY, kept, flush=True)
    asyncio.run(serve(site, config))


if __name__ == "__main__":
    main()
