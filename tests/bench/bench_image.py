"""How large the image is, part by part, and what packing Claude's program costs and saves.

`python3 tests --bench image`
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from tests.support.docker import docker, inspect
from tests.support.image_sizes import (
    MEGABYTE,
    PAYLOAD,
    SCAFFOLD,
    TABLE,
    base,
    chosen,
    firewalls_own,
    in_bytes,
    is_stand_in,
    layers,
    published,
    size,
    with_needs,
)
from tests.support.project import Project

from .conftest import quick
from .plain import PlainImage, plain, unbuilt
from .report import Report, Row
from .turns import Rounds

__all__ = ["plain", "unbuilt"]

pytestmark = pytest.mark.engine

# Levels above take a minute and more on two processors.
LEVELS, FEW = (1, 3, 4, 9, 12), (4, 9)
PACKED = 3
PUBLISHED = "as Alpine publishes it: the base was a stand-in"
OURS, PLAIN = "the whole image", "plain image: Node, npm, Claude Code"
PACK = """\
zstd --decompress --quiet --force "$1" -o /tmp/claude
a=$EPOCHREALTIME; zstd -"$2" -T0 --quiet --force /tmp/claude -o /tmp/packed
b=$EPOCHREALTIME; zstd --decompress --quiet --force /tmp/packed -o /tmp/unpacked
echo "$a $b $EPOCHREALTIME $(stat -c %s /tmp/packed) $(stat -c %s /tmp/claude)"
"""


class Packing(NamedTuple):
    """Bytes before and after, and seconds there and back."""

    whole: float
    packed: float
    there: float
    back: float


def test_size_by_part(project: Project, plain: PlainImage, report: Report) -> None:
    """M-5: what each part takes, and the whole against a plain image built in the same run."""
    image = inspect(project.claude)["Image"]
    stood_in = is_stand_in(image)
    payload = int(project.inside("stat", "-c", "%s", PAYLOAD).checked().out)
    parts = measured_parts(image, stood_in)
    whole = size(image, chosen())
    parts |= {"Claude Code, packed": payload, "our own": whole - sum(parts.values()) - payload}
    section, note = "Image: size by part", PUBLISHED if stood_in else ""
    for what, value in parts.items():
        report.add(
            section, Row(what, "MB", [value / MEGABYTE], note=note if what in ("base", "packages") else "")
        )
    only = published(firewalls_own()) / MEGABYTE
    report.add(section, Row("of the packages, for the firewall alone", "MB", [only], note=PUBLISHED))
    took = {OURS: [whole / MEGABYTE], PLAIN: [plain.megabytes()]}
    report.compare("Image: against a plain one", "MB", took, PLAIN, {OURS: 1.0}, note)


def measured_parts(image: str, stood_in: bool) -> dict[str, float]:
    """Return the bytes of the base and of the packages."""
    if stood_in:
        return {"base": in_bytes(TABLE["base"]["size"]), "packages": published(with_needs(chosen()))}
    history = docker(
        "history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", image
    ).out
    installed = next(line for line in history.splitlines() if f" {chosen()[0]} {chosen()[1]}" in line)
    return {"base": sum(layers(base())), "packages": int(installed.split()[0])}


def pack(image: str, level: int) -> Packing:
    """Unpack Claude's program from the image, and pack and unpack it once more."""
    # In memory: a disk that still wrote what came before made a level take twice as long as in another run.
    place = ("run", "--rm", "--tmpfs=/tmp", "--network=none", "--user=root", "--entrypoint=bash", image)
    said = docker(*place, "-euc", PACK, "bash", PAYLOAD, str(level), timeout=600).out.split()
    before, between, after, packed, whole = map(float, said)
    return Packing(whole, packed, between - before, after - between)


def test_compression(
    project: Project, report: Report, rounds: Rounds, request: pytest.FixtureRequest
) -> None:
    """M-5: levels in turn; what is saved in the image is paid for at the build and at the first start."""
    image = inspect(project.claude)["Image"]
    levels = FEW if quick(request) else LEVELS
    named = {level: name_of(level) for level in levels}
    found: dict[int, list[Packing]] = {level: [] for level in levels}
    for _ in range(1 if quick(request) else rounds(PACKED)):
        for level in levels:
            found[level].append(pack(image, level))
    to = named[used_level()]
    whole = found[levels[0]][0].whole / MEGABYTE
    add(
        report, "size", "MB", {named[n]: [p.packed / MEGABYTE for p in each] for n, each in found.items()}, to
    )
    report.add("Claude's program packed: size", Row("not packed", "MB", [whole]))
    add(
        report, "time of the build", "s", {named[n]: [p.there for p in each] for n, each in found.items()}, to
    )
    add(report, "time to unpack", "s", {named[n]: [p.back for p in each] for n, each in found.items()}, to)


def add(report: Report, what: str, unit: str, took: Mapping[str, list[float]], to: str) -> None:
    """Append a section in which every level stands against the image's."""
    report.compare(f"Claude's program packed: {what}", unit, took, to)


def used_level() -> int:
    """Return the level that the image is packed with."""
    found = re.search(r"zstd -(\d+)", (SCAFFOLD / "scripts/fetch-claude.sh").read_text(encoding="utf-8"))
    assert found
    return int(found[1])


def name_of(level: int) -> str:
    """Return what a level is called in the table."""
    return f"zstd, level {level}" + (" (the image's)" if level == used_level() else "")
