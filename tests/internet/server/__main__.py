"""Usage: python3 -m server. It serves what /srv/config.json names:

`{"name": str, "https": [port], "http": [port], "tcp": [port], "udp": [port], "dns": bool}`;
all but the name may be absent.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from . import dns, sockets, web


def services(config: dict[str, Any]) -> list[Callable[[], None]]:
    """Return one endless function for each port that *config* names."""
    name = config["name"]
    jobs: list[Callable[[], None]] = []
    jobs += [partial(web.serve, name, port, True) for port in config.get("https", [])]
    jobs += [partial(web.serve, name, port, False) for port in config.get("http", [])]
    jobs += [partial(sockets.serve_tcp, port) for port in config.get("tcp", [])]
    jobs += [partial(sockets.serve_udp, port) for port in config.get("udp", [])]
    return jobs + ([dns.serve_udp, dns.serve_tcp] if config.get("dns") else [])


def main() -> None:
    """Run until the container is removed."""
    config = json.loads(Path("/srv/config.json").read_text(encoding="utf-8"))
    threads = [threading.Thread(target=job) for job in services(config)]
    for thread in threads:
        thread.start()
    print("serving", flush=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
