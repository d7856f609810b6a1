"""Two sites at one address, one of them listed: where the attacks on names take place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import trustme

from tests.internet.server.cotenant import LISTED
from tests.support.docker import docker, execute, put
from tests.support.internet import SOURCE, Internet, Server
from tests.support.wait import until

from .hellos import COTENANT, hellos

# A listed name that has been at FORMER, and is at the `listed` server now.
MOVED = "moved.example.net"
# Below a wildcard that is listed.
PUNYCODE = "xn--4ca.wild.example.net"
LISTED_NAMES = (LISTED, MOVED)
_HOST, _FORMER, _PAGES = 60, 61, 20


def start(name: str, image: str, internet: Internet) -> Server:
    """Start the server of both sites, which also owns MOVED's former address and one of GitHub's."""
    server = Server("cotenant", name, str(internet.subnet[_HOST]), _six(internet))
    place = ["--network", internet.network, "--ip", server.address, "--network-alias", LISTED]
    place += ["--ip6", server.address6] if server.address6 else []
    docker("create", "--name", name, "--cap-add=NET_ADMIN", *place, image)
    put(name, "/srv", _files())
    docker("start", name)
    more = [f"ip addr add {internet.subnet[host]}/32 dev eth0" for host in (_FORMER, _PAGES)]
    docker("exec", "--user=root", name, "sh", "-ec", "\n".join(more))
    return server


def _six(internet: Internet) -> str | None:
    return str(internet.subnet6[_HOST]) if internet.subnet6 else None


def _files() -> Mapping[str, bytes]:
    leaf = trustme.CA().issue_cert(LISTED, COTENANT)
    programs = {f"server/{path.name}": path.read_bytes() for path in (SOURCE / "server").glob("*.py")}
    return {
        **programs,
        "certificate.pem": leaf.private_key_and_cert_chain_pem.bytes(),
        "config.json": json.dumps({"name": "cotenant", "cotenant": True}).encode(),
        "journal.jsonl": b"",
    }


def places(internet: Internet) -> dict[str, str]:
    """Return the addresses."""
    return {
        "SHARED": str(internet.subnet[_HOST]),
        "SHARED6": _six(internet) or "",
        "FORMER": str(internet.subnet[_FORMER]),
        "PAGES": str(internet.subnet[_PAGES]),
    }


def equip(container: str, internet: Internet) -> None:
    """Put the bytes that probes send into a container."""
    prepared = {f"hello/{name}": content for name, content in hellos(str(internet.subnet[_HOST])).items()}
    put(container, "/", {**prepared, "send.sh": (Path(__file__).parent / "send.sh").read_bytes()})


def move(internet: Internet, answers: Mapping[str, list[str]], agent: str) -> None:
    """Have the agent look up all names, and then have MOVED move."""
    resolver, listed = internet.servers["resolver"], internet.servers["listed"].address
    more = {**answers, PUNYCODE: [listed], MOVED: [str(internet.subnet[_FORMER])]}
    resolver.set("answers", more)
    for name in (LISTED, MOVED, "listed.example.net", "a.wild.example.net", "github.com", "api.github.com"):
        _addresses(agent, name)
    resolver.set("answers", {**more, MOVED: [listed]})
    until(lambda: _addresses(agent, MOVED) == listed, lambda: _addresses(agent, MOVED))


def _addresses(agent: str, name: str) -> str:
    return execute(agent, "sh", "-c", f"dig +short {name} AAAA; dig +short {name} A").out.strip()
