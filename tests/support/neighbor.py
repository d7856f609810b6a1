"""A container that shares the firewall's network as the agent does, with Python and openssl in it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from .docker import docker, execute, put
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


def neighbor(
    firewall: Firewall, internet: Internet, *options: str, files: Mapping[str, bytes] | None = None
) -> AbstractContextManager[Neighbor]:
    """Starts one with *options* of `docker create` and *files* below /srv, and removes it at the end."""
    network = f"container:{firewall.name}"
    return resident(internet, network, f"--user={firewall.ids[0]}", *options, files=files)


@contextmanager
def resident(
    internet: Internet, network: str, *options: str, files: Mapping[str, bytes] | None = None
) -> Iterator[Neighbor]:
    """Does the same on any network."""
    name = f"{internet.network}-resident-{secrets.token_hex(3)}"
    place = [f"--network={network}", "--cap-drop=ALL", *_TRUST, *options]
    docker("create", "--init", "--name", name, *place, internet.image, "sleep", "infinity")
    try:
        put(name, "/srv", {"ca.pem": internet.ca_pem, **(files or {})})
        docker("start", name)
        yield Neighbor(name)
    finally:
        docker("rm", "--force", name, check=False)
