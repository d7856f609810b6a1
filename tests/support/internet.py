"""A small internet: an `internal` network, which no packet leaves, with servers under well-known names."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
import yaml

from aidevcontainer.project import certificates

from .docker import docker, execute, inspect, put
from .run import Finished

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "tests/internet"
TAG = "aidevcontainer-test-internet"
OWN = tuple(f"{name}listed.example.net" for name in ("", "sub.")) + tuple(
    f"{name}wild.example.net" for name in ("", "a.", "b.c.")
)
GITHUB_API = tuple(f"{name}.github.com" for name in ("api", "codeload")) + tuple(
    f"{name}.githubusercontent.com" for name in ("raw", "objects")
)
UNLISTED = ("example.com", "evil.example.com", "unlisted.example.net")


def _listed() -> tuple[str, ...]:
    """Return all names that a person may choose from, and the tests' own, less those of other servers."""
    bundles = yaml.safe_load(
        (ROOT / "bootstrap/aidevcontainer/firewall/bundles.yml").read_text(encoding="utf-8")
    )
    hosts = [host.split(":")[0] for bundle in bundles for host in bundle["hosts"] if "*" not in host]
    elsewhere = {"github.com", "api.anthropic.com", *GITHUB_API}
    return tuple(dict.fromkeys([*(host for host in hosts if host not in elsewhere), *OWN]))


@dataclass(frozen=True)
class Role:
    """What one server is: the last part of its address, its names, and its ports by kind."""

    host: int
    names: tuple[str, ...] = ()
    ports: dict[str, Any] = field(default_factory=dict)


WEB = {"https": [443], "http": [80]}
ROLES = {
    "github": Role(17, ("github.com",), {**WEB, "tcp": [22, 9418]}),
    "githubapi": Role(33, GITHUB_API, WEB),
    "listed": Role(50, _listed(), {**WEB, "tcp": [22, 25, 5432, 8443], "udp": [443]}),
    "resolver": Role(53, (), {"dns": True}),
    "model": Role(55, ("api.anthropic.com",), {"https": [443]}),
    # Inside the range that GitHub's meta names for `actions`, where anybody rents a machine.
    "unlisted": Role(
        90, UNLISTED, {**WEB, "tcp": [22, 25, 53, 853, 5432, 8443, 9418], "udp": [53, 123, 443]}
    ),
}


@dataclass(frozen=True)
class Server:
    """One container on the test network."""

    name: str
    container: str
    address: str
    address6: str | None

    def seen(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return all that reached this server since :meth:`forget`, oldest first; or one *kind* of it."""
        lines = execute(self.container, "cat", "/srv/journal.jsonl", check=True).out.splitlines()
        entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return [entry for entry in entries if kind in (None, entry["kind"])]

    def forget(self) -> None:
        """Empty the journal."""
        execute(self.container, "sh", "-c", ": >/srv/journal.jsonl", check=True)

    def set(self, key: str, value: object) -> None:
        """Script the server: it reads *key* anew at every request."""
        write = f"cat >/srv/{key}.new && mv /srv/{key}.new /srv/settings/{key}"
        execute(self.container, "sh", "-c", write, input=json.dumps(value), check=True)


@dataclass(frozen=True)
class Internet:
    """The network and what is on it. `subnet6` is None where the engine has no IPv6."""

    network: str
    subnet: ipaddress.IPv4Network
    subnet6: ipaddress.IPv6Network | None
    servers: dict[str, Server]
    ca_pem: bytes

    @property
    def image(self) -> str:
        """Return the image that all its servers have."""
        return str(inspect(self.servers["unlisted"].container)["Config"]["Image"])

    def probe(self, *command: str, timeout: float = 30) -> Finished:
        """Run *command* on this network where no firewall is: as the `unlisted` server's neighbour."""
        return execute(f"{self.network}-probe", *command, timeout=timeout)

    def restore(self) -> None:
        """Undo what tests scripted for everybody: GitHub's answer and the resolver's."""
        self.servers["githubapi"].set("meta", {"body": self.meta()})
        self.servers["resolver"].set("answers", {})

    def meta(self) -> dict[str, Any]:
        """Return an answer of GitHub's meta API that fits this network."""
        return {
            "verifiable_password_authentication": False,
            "hooks": self._ranges(64),
            "web": self._ranges(16),
            "api": self._ranges(32),
            "git": self._ranges(16),
            "actions": self._ranges(80),
            "codespaces": self._ranges(80),
        }

    def _ranges(self, first: int) -> list[str]:
        # Sixteen addresses, in both families.
        found = [f"{self.subnet[first]}/28"]
        return found + ([f"{self.subnet6[first]}/124"] if self.subnet6 else [])

    def stop(self) -> None:
        """Remove the servers and the network."""
        docker(
            "rm",
            "--force",
            "--volumes",
            f"{self.network}-probe",
            *(s.container for s in self.servers.values()),
        )
        docker("network", "rm", self.network, check=False)


def start(base_image: str, authority: trustme.CA) -> Internet:
    """Build the servers' image if need be, and start them all on a new network."""
    image = _image(base_image)
    internet = _network(authority.cert_pem.bytes())
    with ThreadPoolExecutor(len(ROLES) + 1) as pool:
        probe = pool.submit(_start_probe, internet, image)
        for job in [pool.submit(_start_server, internet, image, name, authority) for name in ROLES]:
            job.result()
        probe.result()
    internet.restore()
    return internet


def _image(base_image: str) -> str:
    added = certificates.host_additions(dict(os.environ))
    recipe = (SOURCE / "Dockerfile").read_bytes() + "".join(sorted(added)).encode()
    base = docker("image", "inspect", "--format", "{{.Id}}", base_image, check=False).out or base_image
    tag = f"{TAG}:{hashlib.sha256(recipe + base.encode()).hexdigest()[:16]}"
    if docker("image", "inspect", tag, check=False).code:
        with tempfile.TemporaryDirectory() as context:
            _build(Path(context), tag, base_image, added)
    return tag


def _build(context: Path, tag: str, base_image: str, added: Mapping[str, str]) -> None:
    (context / "ca").mkdir()
    (context / "ca" / "host.crt").write_text("".join(added.values()), encoding="ascii")
    (context / "Dockerfile").write_bytes((SOURCE / "Dockerfile").read_bytes())
    docker("build", "--tag", tag, "--build-arg", f"ALPINE_IMAGE={base_image}", str(context), timeout=600)


def _network(ca_pem: bytes) -> Internet:
    # Public by their numbers, and nothing is there that a package could be downloaded from. Random, because
    # several runs may share an engine, which refuses what overlaps.
    for _ in range(20):
        subnet = ipaddress.IPv4Network((f"28.{secrets.randbelow(256)}.{secrets.randbelow(256)}.0", 24))
        subnet6 = ipaddress.IPv6Network((f"2a10:7777:{secrets.token_hex(2)}::", 64))
        name = f"aidevcontainer-test-{secrets.token_hex(4)}"
        basic = ("--subnet", str(subnet), "--ip-range", f"{subnet[128]}/25", "--gateway", str(subnet[1]))
        if not _create(name, *basic, "--ipv6", "--subnet", str(subnet6)):
            return Internet(name, subnet, subnet6, _servers(name, subnet, subnet6), ca_pem)
        if not (problem := _create(name, *basic)):
            return Internet(name, subnet, None, _servers(name, subnet, None), ca_pem)
    raise AssertionError(f"The engine accepts no network for the tests: {problem}")


def _create(name: str, *arguments: str) -> str:
    done = docker("network", "create", "--internal", *arguments, name, check=False)
    return done.err if done.code else ""


def _servers(
    network: str, subnet: ipaddress.IPv4Network, subnet6: ipaddress.IPv6Network | None
) -> dict[str, Server]:
    return {
        name: Server(
            name, f"{network}-{name}", str(subnet[role.host]), str(subnet6[role.host]) if subnet6 else None
        )
        for name, role in ROLES.items()
    }


def _start_server(internet: Internet, image: str, name: str, authority: trustme.CA) -> None:
    role, server = ROLES[name], internet.servers[name]
    place = ["--network", internet.network, "--ip", server.address]
    place += ["--ip6", server.address6] if server.address6 else []
    place += [part for alias in role.names for part in ("--network-alias", alias)]
    docker("create", "--name", server.container, *place, image)
    put(server.container, "/srv", _files(server, role, authority))
    docker("start", server.container)
    _wait_until_serving(server.container)


def _wait_until_serving(container: str) -> None:
    until = time.monotonic() + 120
    while "serving" not in (said := docker("logs", container)).out:
        if time.monotonic() > until:
            raise AssertionError(f"The test server {container} does not start:\n{said.err}")
        time.sleep(0.1)


def _files(server: Server, role: Role, authority: trustme.CA) -> dict[str, bytes]:
    addresses = [address for address in (server.address, server.address6) if address]
    leaf = authority.issue_cert(*role.names, *addresses)
    programs = {f"server/{path.name}": path.read_bytes() for path in (SOURCE / "server").glob("*.py")}
    return {
        **programs,
        "config.json": json.dumps({"name": server.name, **role.ports}).encode(),
        "certificate.pem": leaf.private_key_and_cert_chain_pem.bytes(),
        "journal.jsonl": b"",
        "settings/answers": b"{}",
    }


def _start_probe(internet: Internet, image: str) -> None:
    name = f"{internet.network}-probe"
    trust: Sequence[str] = ("--env", "SSL_CERT_FILE=/srv/ca.pem", "--env", "CURL_CA_BUNDLE=/srv/ca.pem")
    docker(
        "create", "--init", "--name", name, "--network", internet.network, *trust, image, "sleep", "infinity"
    )
    put(name, "/srv", {"ca.pem": internet.ca_pem})
    docker("start", name)
