"""Suites whose cases stand in `entries/NN-*.yml`, one file per kind, with what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Chapter(Generic[Entry]):
    """One kind of entries; `number` is that of the file and of the ids in it."""

    number: int
    title: str
    entries: tuple[Entry, ...]


def chapters(
    folder: Path, make: Callable[[int, dict[str, Any]], Iterable[Entry]]
) -> tuple[Chapter[Entry], ...]:
    """Return all kinds in their order; *make* turns what stands in the file into one or more entries."""
    return tuple(_chapter(path, make) for path in sorted(folder.glob("*.yml")))


def _chapter(path: Path, make: Callable[[int, dict[str, Any]], Iterable[Entry]]) -> Chapter[Entry]:
    number = int(path.name.split("-")[0])
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    common = content.get("common", {})
    made = [entry for raw in content["entries"] for entry in make(number, {**common, **raw})]
    return Chapter(number, content["title"], tuple(made))


def entry(kind: type[Entry], number: int, raw: dict[str, Any]) -> Entry:
    """Return an entry with its chapter's number in front of its id; an unknown field fails."""
    unknown = set(raw) - {each.name for each in fields(kind)}  # type: ignore[arg-type]
    assert not unknown, f"{raw['id']}: unknown fields {unknown}"
    return kind(**{**raw, "id": f"{number:02}-{raw['id']}"})
