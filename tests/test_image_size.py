"""How large the image is, also where the base is a stand-in: then with the sizes that Alpine publishes."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.docker import docker, inspect
from tests.support.fixtures import BASE_IMAGE
from tests.support.project import Project

HERE = Path(__file__).parent
SCAFFOLD = HERE.parent / "template" / ".aidevcontainer"
TABLE: dict[str, Any] = yaml.safe_load((HERE / "alpine_sizes.yml").read_text(encoding="utf-8"))
PACKAGES: dict[str, dict[str, Any]] = TABLE["packages"]

UNITS = {"B": 1, "kB": 1000, "MB": 1000**2, "KiB": 1024, "MiB": 1024**2}
MEGABYTE = UNITS["MB"]
FIREWALL_LIMIT = 15 * MEGABYTE
IMAGE_LIMIT = 250 * MEGABYTE
PAYLOAD = "/usr/local/share/aidevcontainer/claude.zst"


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
    """Return the packages that would not be in the image if there were no firewall."""
    others = set(chosen()) - set(TABLE["firewall"])
    return with_needs(TABLE["firewall"]) - with_needs(others)


def published(names: Collection[str]) -> float:
    """Return what *names* take when installed, in bytes."""
    return sum(in_bytes(PACKAGES[name]["size"]) for name in names)


def layers(image: str) -> Iterator[int]:
    """Yield the bytes of each layer. Their sum is the classic store's size of the image, in any store."""
    yield from map(int, docker("history", "--human=false", "--format", "{{.Size}}", image).out.split())


def test_every_package_has_a_published_size() -> None:
    """US-002.2, M-5: the table has what the Dockerfile installs with all it needs, and nothing else."""
    assert with_needs(chosen()) == set(PACKAGES)
    assert set(TABLE["firewall"]) <= set(chosen())


@pytest.mark.parametrize(("name", "entry"), [*PACKAGES.items(), ("base", TABLE["base"])])
def test_every_size_has_a_source(name: str, entry: dict[str, Any]) -> None:
    """US-002.2, M-5: a size counts only with the page that it was read from."""
    assert in_bytes(entry["size"]) > 0
    if "page" in entry:
        assert re.fullmatch(r"(v3\.\d+|edge)/(main|community)/\w+", entry["page"]), name
    else:
        assert entry["url"].startswith("https://"), name


@pytest.mark.parametrize(
    ("text", "size"), [("450.0B", 450), ("292kB", 292_000), ("1.5KiB", 1536), ("2.5MiB", 2_621_440)]
)
def test_sizes_are_read_as_pages_print_them(text: str, size: int) -> None:
    """US-002.2, M-5: a kilobyte is not a kibibyte."""
    assert in_bytes(text) == size


def test_the_firewall_adds_little() -> None:
    """US-002.2: the packages that only the firewall needs and all our scripts stay under 15 MB (x86_64)."""
    scripts = sum(path.stat().st_size for path in (SCAFFOLD / "scripts").rglob("*") if path.is_file())
    total = published(firewalls_own()) + scripts
    assert total < FIREWALL_LIMIT, f"{total / MEGABYTE:.2f} MB"


@pytest.mark.engine
def test_the_image_stays_small(project: Project) -> None:
    """M-5: under 250 MB with the pinned Claude Code inside."""
    image = inspect(project.claude)["Image"]
    size: float = sum(layers(image))
    if "aidevcontainer.base" in (inspect(image)["Config"]["Labels"] or {}):
        size -= sum(layers(os.environ.get("ALPINE_IMAGE", BASE_IMAGE)))
        size += in_bytes(TABLE["base"]["size"]) + published(PACKAGES)
    payload = int(project.inside("stat", "-c", "%s", PAYLOAD).checked().out)
    assert payload < size < IMAGE_LIMIT, f"{size / MEGABYTE:.1f} MB, {payload / MEGABYTE:.1f} MB of it Claude"
