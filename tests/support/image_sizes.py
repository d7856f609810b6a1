"""Sizes of images, also where the base is a stand-in: then with the sizes that Alpine publishes."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from typing import Any

import yaml

from .docker import docker, inspect
from .fixtures import BASE_IMAGE
from .scaffold import ROOT

SCAFFOLD = ROOT / "template" / ".aidevcontainer"
TABLE: dict[str, Any] = yaml.safe_load((ROOT / "tests/alpine_sizes.yml").read_text(encoding="utf-8"))
PACKAGES: dict[str, dict[str, Any]] = TABLE["packages"]
PAYLOAD = "/usr/local/share/aidevcontainer/claude.zst"

UNITS = {"B": 1, "kB": 1000, "MB": 1000**2, "KiB": 1024, "MiB": 1024**2}
MEGABYTE = UNITS["MB"]


def in_bytes(text: str) -> float:
    """Return the bytes of a size as package pages print it (`12.3KiB`, `1.4MB`)."""
    parts = re.fullmatch(r"([0-9.]+)([A-Za-z]+)", text)
    assert parts, text
    return float(parts[1]) * UNITS[parts[2]]


def chosen() -> list[str]:
    """Return the packages that the Dockerfile installs by name."""
    text = (SCAFFOLD / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    names = re.search(r"install-packages\.sh +([a-z][^&]*)", text)
    assert names
    return names[1].split()


def with_needs(names: Collection[str]) -> set[str]:
    """Return *names* and all that they need, directly or not. A package without an entry needs nothing."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += PACKAGES.get(name, {}).get("needs", [])
    return found


def firewalls_own() -> set[str]:
    """Return the packages that only the firewall needs, without those of the name gate."""
    others = set(chosen()) - {*TABLE["firewall"], *TABLE["gate"]}
    return with_needs(TABLE["firewall"]) - with_needs(others)


def published(names: Collection[str]) -> float:
    """Return what *names* take when installed, in bytes; what is within another one's figure counts once."""
    counted = [name for name in names if PACKAGES[name].get("within") not in names]
    return sum(in_bytes(PACKAGES[name]["size"]) for name in counted)


def scripts() -> int:
    """Return the bytes of all our scripts in the image."""
    return sum(path.stat().st_size for path in (SCAFFOLD / "scripts").rglob("*") if path.is_file())


def layers(image: str) -> Iterator[int]:
    """Yield the bytes of each layer. Their sum is the classic store's size of the image, in any store."""
    yield from map(int, docker("history", "--human=false", "--format", "{{.Size}}", image).out.split())


def base() -> str:
    """Return the image that everything is built on."""
    return os.environ.get("ALPINE_IMAGE", BASE_IMAGE)


def is_stand_in(image: str) -> bool:
    """Return whether an image is built on the stand-in for Alpine, whose own sizes mean nothing."""
    return "aidevcontainer.base" in (inspect(image)["Config"]["Labels"] or {})


def size(image: str, packages: Collection[str]) -> float:
    """Return an image's bytes; on the stand-in as if it were Alpine with *packages* and their needs."""
    whole: float = sum(layers(image))
    if is_stand_in(image):
        whole -= sum(layers(base()))
        whole += in_bytes(TABLE["base"]["size"]) + published(with_needs(packages))
    return whole
