"""The firewall's reader of domain lists, run on this machine: it is awk, so it needs no container."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.support.run import Finished, run
from tests.support.scaffold import ROOT

_FOLDER = ROOT / "template/.aidevcontainer/scripts/firewall"


class Rule(NamedTuple):
    """One line of the reader's output: kind of entry, name or network, port or `web`, file and line."""

    kind: str
    value: str
    port: str
    origin: str


def _read(text: str) -> Finished:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        programs = [
            argument
            for name in ("addresses", "lint-list")
            for argument in ("-f", str(_FOLDER / f"{name}.awk"))
        ]
        return run(["awk", *programs, file.name], cwd=Path("/"))


def sentences(text: str) -> str:
    """Return what the firewall says against a list, an empty string if nothing."""
    return _read(text).err.strip()


def rules(text: str) -> list[Rule]:
    """Return what the firewall would allow."""
    return [Rule(*line.split("\t")) for line in _read(text).checked().out.splitlines()]
