"""The firewall's programs, run on this machine: awk is BusyBox's where that exists, as in the image."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from .run import Finished, run
from .scaffold import ROOT

FOLDER = ROOT / "template/.aidevcontainer/scripts/firewall"
_AWK = ["busybox", "awk"] if shutil.which("busybox") else ["awk"]
# The scripts need these, and the image has them.
needs_jq = pytest.mark.skipif(
    not (shutil.which("jq") and shutil.which("flock")), reason="needs jq and flock on this machine"
)


class Rule(NamedTuple):
    """One line of a policy. `port` is a number or `web`, `origin` is file:line."""

    kind: str
    value: str
    port: str
    origin: str


def awk(programs: str, *files: Path, **variables: object) -> Finished:
    """Runs *programs* (names without .awk, space separated) over *files*."""
    line = [*_AWK]
    for name, value in variables.items():
        line += ["-v", f"{name}={value}"]
    for program in programs.split():
        line += ["-f", str(FOLDER / f"{program}.awk")]
    return run([*line, *map(str, files)], env={**os.environ, "LC_ALL": "C"}, timeout=20)


def script(run_folder: Path, name: str, *arguments: str, folder: Path = FOLDER) -> Finished:
    """Runs a script from a folder of the firewall's scripts, with its files of state in *run_folder*."""
    variables = {**os.environ, "FIREWALL_RUN": str(run_folder), "FIREWALL_STATE": str(run_folder)}
    return run(["sh", str(folder / name), *arguments], env=variables, timeout=20)


def lint(folder: Path, content: str | bytes) -> Finished:
    """Lints a list of allowed hosts. Standard output is the policy."""
    path = folder / "allowed-domains.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return awk("addresses lint-list", path)


def policy(folder: Path, content: str) -> list[Rule]:
    """Returns the policy of a list, which must be valid."""
    return [Rule(*line.split("\t")) for line in lint(folder, content).checked().out.splitlines()]


class Resolver:
    """dnsmasq's way of reading the configuration that the firewall writes for it.

    The longest domain wins, `*.` means below only. `sets` are those that it adds all its answers to.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._servers = _pairs(folder / f"{name}.servers", "server")
        sets = folder / f"{name}.sets"
        self.sets = set(_pairs(sets, "ipset")[0][1].split(",")) if sets.exists() else set()

    def server(self, name: str) -> str:
        """Returns whom *name* is asked of; empty where the answer is "no such name"."""
        found = [(len(d.lstrip("*.")), d.startswith("*."), to) for d, to in self._servers if _serves(d, name)]
        return max(found)[2] if found else ""


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


def resolvers(folder: Path, content: str, feeds: Path = Path(os.devnull)) -> dict[str, Resolver]:
    """Returns, by address, the agent's resolver ("") and the others, for a list that must be valid."""
    path = folder / "policy"
    path.write_text(lint(folder, content).checked().out)
    variables = {
        "dir": folder,
        "families": "4",
        "upstreams": "9.9.9.9",
        "docker_dns": "127.0.0.11",
    }
    awk("emit-resolver", feeds, path, **variables).checked()
    numbers = [line.split()[0] for line in (folder / "feeds").read_text().splitlines()]
    sides = {f"127.0.53.{number}": Resolver(folder, f"feed-{number}") for number in numbers}
    return {"": Resolver(folder, "main"), **sides}


def opened(resolvers: dict[str, Resolver], name: str) -> tuple[str, set[str]]:
    """Returns whom *name* is asked of in the end, and the sets that its addresses get into."""
    side = resolvers[""].server(name)
    return (resolvers[side].server(name), resolvers[side].sets) if side else ("", set())


def tables(folder: Path, content: str, family: int = 4, **more: str) -> list[str]:
    """Returns the lines for iptables-restore, for a list that must be sound."""
    path = folder / "policy"
    path.write_text(lint(folder, content).checked().out)
    given = {
        "docker_dns": "127.0.0.11",
        "upstreams": "127.0.0.11",
        "dialled": "",
        "inbound": "",
        "agent": "",
        **more,
    }
    basic = {"family": family, "generation": 7, "lifetime": 86400, "resolver": 5353, "gate": 5354}
    return awk("ways emit-tables", path, **basic, **given).checked().out.splitlines()
