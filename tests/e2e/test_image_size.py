"""How large the image is, also where the base is a stand-in: then with the sizes that Alpine publishes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.docker import inspect
from tests.support.image_sizes import (
    MEGABYTE,
    PACKAGES,
    PAYLOAD,
    TABLE,
    chosen,
    firewalls_own,
    in_bytes,
    published,
    scripts,
    size,
    with_needs,
)
from tests.support.project import Project

FIREWALL_LIMIT = 15 * MEGABYTE
GATE_LIMIT = 6 * MEGABYTE
IMAGE_LIMIT = 250 * MEGABYTE


def test_every_package_has_a_published_size() -> None:
    """US-002.2, M-5: the table has what the Dockerfile installs with all it needs, and nothing else."""
    assert with_needs(chosen()) == set(PACKAGES)
    assert set(TABLE["firewall"] + TABLE["gate"]) <= set(chosen())


@pytest.mark.parametrize(
    ("name", "entry"),
    [*PACKAGES.items(), *TABLE["replaced"].items(), ("base", TABLE["base"])],
)
def test_every_size_has_a_source(name: str, entry: dict[str, Any]) -> None:
    """US-002.2, M-5: a size counts only with the page that it was read from."""
    assert in_bytes(entry["size"]) > 0
    if "page" in entry:
        assert re.fullmatch(r"(v3\.\d+|edge)/(main|community)/\w+", entry["page"]), name
    else:
        assert entry["url"].startswith("https://"), name


@pytest.mark.parametrize(
    ("text", "bytes_"), [("450.0B", 450), ("292kB", 292_000), ("1.5KiB", 1536), ("2.5MiB", 2_621_440)]
)
def test_sizes_are_read_as_pages_print_them(text: str, bytes_: int) -> None:
    """US-002.2, M-5: a kilobyte is not a kibibyte."""
    assert in_bytes(text) == bytes_


def test_the_firewall_adds_little() -> None:
    """US-002.2: the packages that only the firewall needs and all our scripts stay under 15 MB (x86_64)."""
    total = published(firewalls_own()) + scripts()
    assert total < FIREWALL_LIMIT, f"{total / MEGABYTE:.2f} MB"


def test_the_name_gate_adds_little() -> None:
    """X-F8: the image grew by less than 6 MB, with what could go in return (x86_64)."""
    others = set(chosen()) - set(TABLE["gate"])
    added = published(with_needs(TABLE["gate"]) - with_needs(others))
    saved = sum(in_bytes(entry["size"]) for entry in TABLE["replaced"].values())
    assert added - saved < GATE_LIMIT, f"{(added - saved) / MEGABYTE:.2f} MB"


@pytest.mark.engine
def test_the_image_stays_small(project: Project) -> None:
    """M-5: under 250 MB with the pinned Claude Code inside."""
    whole = size(inspect(project.claude)["Image"], chosen())
    payload = int(project.inside("stat", "-c", "%s", PAYLOAD).checked().out)
    assert payload < whole < IMAGE_LIMIT, (
        f"{whole / MEGABYTE:.1f} MB, {payload / MEGABYTE:.1f} MB of it Claude"
    )
