"""A modern site with two names at one address, one of them listed; programs behind a firewall and outside.

The site is tests/internet/server/modern. tests/requirements-clients.txt has the packages of all of them.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from aidevcontainer.util import cache
from aidevcontainer.util.lock import held

from . import authority
from .docker import docker, put
from .firewall import Firewall, NewFirewall
from .internet import ROOT, SOURCE, Internet, Server
from .neighbor import Neighbor, neighbor, resident
from .run import run
from .wait import until

NAME, COTENANT = "modern.example.net", "cotenant.example.net"
LISTED = (NAME, f"{NAME}:7443/tls", f"{NAME}:8443/tls", f"{NAME}:50051/tls")
CLIENT = "agent.example.net"
PACKAGES = "/packages"
_HOST = 62
_PLATFORM = "import sys, sysconfig as s; print(*sys.version_info[:2], s.get_config_var('SOABI'), sep='.')"


@dataclass(frozen=True)
class Site:
    """`inside` runs programs as the agent, `outside` without a firewall; `certificate` is the server's."""

    server: Server
    firewall: Firewall
    inside: Neighbor
    outside: Neighbor
    certificate: bytes

    def passed(self) -> int:
        """Returns how many connections to the listed name passed the name gate on port 443 and have ended."""
        wanted = (NAME, "tls", 443)
        return sum((each.host, each.protocol, each.port) == wanted for each in self.firewall.passed())

    def refusals(self) -> int:
        """Returns how often the name gate refused the unlisted name to TLS on port 443."""
        wanted = ((COTENANT,), "name", "tls", "443")
        found = self.firewall.refusals()
        return sum(
            each.times for each in found if (each.names, each.reason, each.protocol, each.port) == wanted
        )


def packages(image: str) -> Path:
    """Returns the folder with the packages for the Python in *image*; installs them on the first call."""
    found = docker("run", "--rm", "--network=none", image, "python3", "-c", _PLATFORM).out.strip()
    requirements = ROOT / "tests/requirements-clients.txt"
    key = hashlib.sha256(f"{found} {requirements.read_text(encoding='utf-8')}".encode()).hexdigest()[:12]
    folder = Path(cache.path("test-clients", key))
    with held("test-clients"):
        if not (folder / "complete").exists():
            _install(folder, requirements, *found.split(".", 2))
            _compile(folder, image)
            (folder / "complete").touch()
    return folder


def _install(folder: Path, requirements: Path, major: str, minor: str, abi: str) -> None:
    _, _, processor, *system = abi.split("-")
    platform = f"{processor}-{'unknown-linux-musl' if system[-1] == 'musl' else 'manylinux_2_28'}"
    where = ("--target", str(folder), "--python-version", f"{major}.{minor}", "--python-platform", platform)
    uv = str(Path(sys.executable).parent / "uv")
    options = (
        "--quiet",
        "--no-config",
        "--link-mode=copy",
        "--only-binary=:all:",
        "--requirement",
        str(requirements),
    )
    run([uv, "pip", "install", *options, *where], timeout=300).checked()


def _compile(folder: Path, image: str) -> None:
    """Saves each program seconds: the folder is read-only for it. Some files are for other Pythons."""
    command = f"python3 -m compileall -qq {PACKAGES}; chmod -R a+rX {PACKAGES}"
    place = ("--network=none", f"--user={os.getuid()}:{os.getgid()}", f"--volume={folder}:{PACKAGES}")
    docker("run", "--rm", *place, image, "sh", "-c", command, timeout=300)


@pytest.fixture(scope="module")
def site(new_firewall: NewFirewall, internet: Internet) -> Iterator[Site]:
    """The site, and a firewall whose list has one of its two names."""
    options = _options(internet)
    with ExitStack() as stack:
        server, certificate = stack.enter_context(_serving(internet, options))
        firewall = new_firewall(*LISTED)
        inside = stack.enter_context(programs(firewall, internet))
        outside = stack.enter_context(resident(internet, internet.network, *options, files=_client_files()))
        enter(firewall, server)
        yield Site(server, firewall, inside, outside, certificate)


def programs(firewall: Firewall, internet: Internet) -> AbstractContextManager[Neighbor]:
    """Starts a container behind *firewall* that has the programs, and removes it at the end."""
    return neighbor(firewall, internet, *_options(internet), files=_client_files())


def enter(firewall: Firewall, server: Server) -> None:
    """Opens the site's address, and has programs behind the firewall find the unlisted name there, too."""
    firewall.inside("dig", "+short", NAME).checked()
    firewall.root("sh", "-c", f"echo {server.address} {COTENANT} >>/etc/hosts").checked()


def _options(internet: Internet) -> tuple[str, ...]:
    variables = {
        "PYTHONPATH": PACKAGES,
        "PYTHONDONTWRITEBYTECODE": "1",
        "NODE_EXTRA_CA_CERTS": "/srv/ca.pem",
        "HOME": "/tmp",
    }
    mount = f"--volume={packages(internet.image)}:{PACKAGES}:ro"
    return (mount, *(f"--env={name}={value}" for name, value in variables.items()))


def _programs() -> dict[str, bytes]:
    return {str(path.relative_to(SOURCE)): path.read_bytes() for path in (SOURCE / "server").rglob("*.py")}


def _client_files() -> Mapping[str, bytes]:
    own = authority.load_or_create().issue_cert(CLIENT)
    return {**_programs(), "client.pem": own.private_key_and_cert_chain_pem.bytes()}


@contextmanager
def _serving(internet: Internet, options: tuple[str, ...]) -> Iterator[tuple[Server, bytes]]:
    name = f"{internet.network}-modern-{secrets.token_hex(3)}"
    # Each worker of a run has an internet of its own.
    server = Server("modern", name, str(internet.subnet[_HOST]), None)
    place = [f"--network={internet.network}", f"--ip={server.address}"]
    place += [f"--network-alias={each}" for each in (NAME, COTENANT)]
    leaf = authority.load_or_create().issue_cert(NAME, COTENANT)
    pem = leaf.private_key_and_cert_chain_pem.bytes()
    docker("create", "--name", name, *place, *options, internet.image, "python3", "-u", "-m", "server.modern")
    try:
        files = {"certificate.pem": pem, "ca.pem": internet.ca_pem, "journal.jsonl": b""}
        put(name, "/srv", {**_programs(), **files})
        docker("start", name)
        says: Callable[[], str] = partial(_says, name)
        until(lambda: "serving" in says(), says, 30)
        yield server, ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    finally:
        docker("rm", "--force", name, check=False)


def _says(container: str) -> str:
    done = docker("logs", container)
    return done.out + done.err
