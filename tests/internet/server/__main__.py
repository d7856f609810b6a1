"""Usage: python3 -m server. It serves what /srv/config.json names:

`{"name": str, "https": [port], "http": [port], "tcp": [port], "udp": [port], "dns": bool, "cotenant": bool}`;
all but the name may be absent.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import cotenant, dns, sockets, web

READY = "serving"


def services(config: dict[str, Any]) -> list[Callable[[], None]]:
    """Bind every port that *config* names and return one endless function for each."""
    name = config["name"]
    jobs = [web.web(name, port, True) for port in config.get("https", [])]
    jobs += [web.web(name, port, False) for port in config.get("http", [])]
    jobs += [sockets.tcp(port) for port in config.get("tcp", [])]
    jobs += [sockets.udp(port) for port in config.get("udp", [])]
    jobs += [cotenant.server(443, True), cotenant.server(80, False)] if config.get("cotenant") else []
    return jobs + ([dns.udp(), dns.tcp()] if config.get("dns") else [])


def main() -> None:
    """Run until the container is removed."""
    config = json.loads(Path("/srv/config.json").read_text(encoding="utf-8"))
    threads = [threading.Thread(target=job) for job in services(config)]
    for thread in threads:
        thread.start()
    print(READY, flush=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
