"""The firewall's awk programs, run on this machine: by BusyBox where it is, as in the image."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

from .run import Finished, run
from .scaffold import ROOT

FOLDER = ROOT / "template/.aidevcontainer/scripts/firewall"
_AWK = ["busybox", "awk"] if shutil.which("busybox") else ["awk"]


class Rule(NamedTuple):
    """One line of a policy; `port` is a number or `web`, `origin` is file:line."""

    kind: str
    value: str
    port: str
    origin: str


def awk(programs: str, *files: Path, **variables: object) -> Finished:
    """Run *programs* (names without .awk, space separated) over *files*."""
    line = [*_AWK]
    for name, value in variables.items():
        line += ["-v", f"{name}={value}"]
    for program in programs.split():
        line += ["-f", str(FOLDER / f"{program}.awk")]
    return run([*line, *map(str, files)], env={**os.environ, "LC_ALL": "C"}, timeout=20)


def lint(folder: Path, content: str | bytes) -> Finished:
    """Lint a list of allowed hosts; standard output is the policy."""
    path = folder / "allowed-domains.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return awk("addresses lint-list", path)


def policy(folder: Path, content: str) -> list[Rule]:
    """Return the policy of a list that must be sound."""
    return [Rule(*line.split("\t")) for line in lint(folder, content).checked().out.splitlines()]


class Resolver:
    """dnsmasq's way of reading the configuration that the firewall writes for it.

    Servers: the longest domain wins, `*.` means below only. Sets: the longest domain wins, at it and below.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._servers = _pairs(folder / f"{name}.servers", "server")
        self._sets = _pairs(folder / f"{name}.sets", "ipset")

    def server(self, name: str) -> str:
        """Return whom *name* is asked of; empty where the answer is "no such name"."""
        found = [(len(d.lstrip("*.")), d.startswith("*."), to) for d, to in self._servers if _serves(d, name)]
        return max(found)[2] if found else ""

    def sets(self, name: str) -> set[str]:
        """Return the sets that the answer for *name* is put into."""
        found = [(0 if d == "#" else len(d), to) for d, to in self._sets if d == "#" or _below(d, name)]
        return set(max(found)[1].split(",")) if found else set()


def _pairs(path: Path, key: str) -> list[tuple[str, str]]:
    found = [re.fullmatch(rf"{key}=/([^/]+)/(.*)", line) for line in path.read_text().splitlines()]
    assert all(found)
    return [(match[1], match[2]) for match in found if match]


def _below(domain: str, name: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def _serves(domain: str, name: str) -> bool:
    if domain.startswith("*."):
        return name.endswith(domain[1:])
    return _below(domain, name)


def resolvers(folder: Path, content: str) -> dict[str, Resolver]:
    """Return the main resolver and, by their addresses, those beside it, for a list that must be sound."""
    path = folder / "policy"
    path.write_text(lint(folder, content).checked().out)
    variables = {
        "dir": folder,
        "generations": "1",
        "families": "4",
        "upstreams": "9.9.9.9",
        "docker_dns": "127.0.0.11",
    }
    awk("emit-resolver", path, **variables).checked()
    places = {"": "main", "127.0.53.1": "exact", "127.0.53.2": "wild"}
    return {address: Resolver(folder, name) for address, name in places.items()}


def opened(resolvers: dict[str, Resolver], name: str) -> tuple[str, set[str]]:
    """Return whom *name* is asked of in the end, and the sets that its addresses get into."""
    main = resolvers[""]
    server = main.server(name)
    if not server:
        return "", set()
    sets = main.sets(name)
    if server in resolvers:
        sets |= resolvers[server].sets(name)
        server = resolvers[server].server(name)
    return server, {entry for entry in sets if not entry.startswith("nothing-")}


def tables(folder: Path, content: str, family: int = 4, **more: str) -> list[str]:
    """Return the lines for iptables-restore, for a list that must be sound."""
    path = folder / "policy"
    path.write_text(lint(folder, content).checked().out)
    given = {"docker_dns": "127.0.0.11", "upstreams": "127.0.0.11", "dialled": "", "inbound": "", **more}
    basic = {"family": family, "generation": 7, "lifetime": 86400, "resolver": 5353}
    return awk("emit-tables", path, **basic, **given).checked().out.splitlines()
