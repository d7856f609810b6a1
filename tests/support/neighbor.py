"""A container that shares the firewall's network as the agent does, with Python and openssl in it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .docker import docker, execute, inspect, put
from .firewall import Firewall
from .internet import Internet
from .run import Finished

_TRUST = (
    "--env=SSL_CERT_FILE=/srv/ca.pem",
    "--env=REQUESTS_CA_BUNDLE=/srv/ca.pem",
    "--env=CURL_CA_BUNDLE=/srv/ca.pem",
)


@dataclass(frozen=True)
class Neighbor:
    """Runs programs as the agent's user, without any right."""

    container: str

    def python(self, code: str, *arguments: str, timeout: float = 60) -> Finished:
        """Runs Python code."""
        return execute(self.container, "python3", "-c", code, *arguments, timeout=timeout)

    def run(self, *command: str, timeout: float = 60) -> Finished:
        """Runs a command."""
        return execute(self.container, *command, timeout=timeout)


@contextmanager
def neighbor(firewall: Firewall, internet: Internet) -> Iterator[Neighbor]:
    """Starts one, and removes it at the end."""
    image = inspect(internet.servers["unlisted"].container)["Config"]["Image"]
    name = f"{firewall.name}-neighbor-{secrets.token_hex(2)}"
    place = [f"--network=container:{firewall.name}", f"--user={firewall.ids[0]}", "--cap-drop=ALL"]
    docker("create", "--init", "--name", name, *place, *_TRUST, image, "sleep", "infinity")
    try:
        put(name, "/srv", {"ca.pem": internet.ca_pem})
        docker("start", name)
        yield Neighbor(name)
    finally:
        docker("rm", "--force", name, check=False)
