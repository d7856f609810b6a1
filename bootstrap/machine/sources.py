"""Finds out which Debian this machine runs, and where it gets its packages from."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.util.errors import Problem

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEFAULT_MIRROR = "http://deb.debian.org/debian"
SUITES = ("bookworm", "trixie")
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


class Debian(NamedTuple):
    """The machine's own release (`suite`), its mirror's address, and its architecture as Debian spells it."""

    suite: str
    mirror: str
    architecture: str

    @property
    def triplet(self) -> str:
        """The architecture as library folders spell it, such as x86_64-linux-gnu."""
        return f"{_MACHINES.get(self.architecture, self.architecture)}-linux-gnu"


def detect(subject: str, etc: Path = Path("/etc")) -> Debian:
    """Returns this machine's Debian. Raises Problem where it is not Debian 12 or 13.

    `subject` starts the sentence of the failure, such as "A private engine is".
    """
    release = _release(etc / "os-release")
    suite = release.get("VERSION_CODENAME", "")
    if (
        release.get("ID") != "debian"
        or suite not in SUITES
        or not shutil.which("apt-get")
        or not Path(KEYRING).exists()
    ):
        name = release.get("PRETTY_NAME", "this system")
        raise Problem(
            f"{subject} made from Debian's packages and needs Debian 12 or 13, but this machine runs {name}. "
            "Install Docker with Compose v2, start it, and try again: https://docs.docker.com/engine/install/"
        )
    return Debian(suite, mirror(etc / "apt", suite), _architecture())


def mirror(apt: Path, suite: str) -> str:
    """Returns the mirror's address for a suite from the folder `apt`, or Debian's default."""
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for path in files:
        if path.suffix in {".list", ".sources"} and path.is_file():
            entries = _deb822(path) if path.suffix == ".sources" else _one_line(path)
            for uri, suites, components in entries:
                if suite in suites and "main" in components:
                    return uri.rstrip("/")
    return DEFAULT_MIRROR


_Entry = tuple[str, list[str], list[str]]


def _one_line(path: Path) -> Iterator[_Entry]:
    for line in path.read_text().splitlines():
        found = re.match(r"deb\s+(?:\[[^]]*]\s+)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if found:
            yield found[1], [found[2]], found[3].split()


def _deb822(path: Path) -> Iterator[_Entry]:
    for stanza in re.split(r"\n\s*\n", path.read_text()):
        lines = "\n".join(line for line in stanza.splitlines() if not line.startswith("#"))
        fields = {
            name.lower(): value
            for name, value in re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", lines, re.MULTILINE)
        }
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").strip() != "no":
            for uri in fields.get("uris", "").split():
                yield uri, fields.get("suites", "").split(), fields.get("components", "").split()


def _release(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines() if path.exists() else []
    return {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in lines)}


def _architecture() -> str:
    return subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
