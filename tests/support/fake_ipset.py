"""Stands in for ipset where a test may not change the kernel's sets: answers `test` lines as ipset 7 does."""

from __future__ import annotations

import shlex
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path


def install(folder: Path, sets: str) -> Path:
    """Writes the program for *sets*, the input of `ipset restore`. Returns the folder for the PATH."""
    saved = folder / "sets"
    saved.write_text(sets)
    program = folder / "programs/ipset"
    program.parent.mkdir(exist_ok=True)
    command = shlex.join([sys.executable, "-I", __file__, str(saved)])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    return program.parent


def answer(sets: dict[str, list[str]], name: str, entry: str) -> str:
    """Returns ipset's sentence: whether a network of the set contains the entry."""
    if name not in sets:
        return "ipset v7.17: The set with the given name does not exist"
    if any(_contains(network, entry) for network in sets[name]):
        return f"Warning: {entry} is in set {name}."
    return f"{entry} is NOT in set {name}."


def _contains(network: str, entry: str) -> bool:
    where, _, service = network.partition(",")
    address, _, wanted = entry.partition(",")
    return service == wanted and ip_address(address) in ip_network(where, strict=False)


def _main() -> None:
    saved, *arguments = sys.argv[1:]
    if arguments != ["-"]:
        raise SystemExit(f"This stand-in for ipset knows only '-', and got: {arguments}.")
    sets: dict[str, list[str]] = {}
    for line in Path(saved).read_text().splitlines():
        verb, name, entry, *_ = line.split()
        if verb == "create":
            sets[name] = []
        else:
            sets[name].append(entry)
    for line in sys.stdin:
        sys.stdout.write("ipset> ")
        verb, name, entry = line.split()
        if verb != "test":
            raise SystemExit(f"This stand-in for ipset knows only 'test', and got: {line}.")
        print(answer(sets, name, entry), file=sys.stderr)


if __name__ == "__main__":
    _main()
