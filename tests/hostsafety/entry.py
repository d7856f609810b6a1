"""The suite's entries, as they stand in `entries/NN-*.yml`. README.md explains the fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support import entries as suite

from .layouts import NAMES

FOLDER = Path(__file__).parent / "entries"

# What becomes of a plant, and how the report calls it.
EXPECTATIONS = {
    "refused": "cannot be written",
    "harmless": "written, and nothing runs",
    "said": "not prevented: the helpers name it",
    "inert": "written, and git itself runs nothing of it",
}


@dataclass(frozen=True)
class Entry:
    """One plant. `plant` is run by the agent, `trigger` by the host afterwards; both are for sh."""

    id: str
    what: str
    plant: str
    trigger: str
    expect: str
    why: str
    layouts: tuple[str, ...] = ("plain",)
    first: str = ""
    works: bool = True
    names: str = ""


Chapter = suite.Chapter[Entry]


@cache
def chapters() -> tuple[Chapter, ...]:
    """Return all kinds in their order; an unknown field, layout or expectation raises."""
    return suite.chapters(FOLDER, _expand)


def entries() -> list[Entry]:
    """Return the entries of all kinds."""
    return [entry for chapter in chapters() for entry in chapter.entries]


def cases() -> list[tuple[str, Entry]]:
    """Return every entry in every layout that it is for, layout by layout."""
    found = entries()
    return [(layout, entry) for layout in NAMES for entry in found if layout in entry.layouts]


def _expand(number: int, raw: dict[str, Any]) -> list[Entry]:
    """Return one entry, or one each for `each`: {name} is its name, its fields are over the common ones."""
    each: dict[str, str | dict[str, str]] = raw.pop("each", {})
    if not each:
        return [_entry(number, raw)]
    return [_entry(number, _filled(raw, name, own)) for name, own in each.items()]


def _filled(raw: dict[str, Any], name: str, own: str | dict[str, str]) -> dict[str, Any]:
    """A text alone is the trigger; `more` is done after the plant that all have in common."""
    own = {"trigger": own} if isinstance(own, str) else dict(own)
    plant = "\n".join([raw["plant"], own.pop("more", "")]).strip()
    slug = "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")
    value = own.pop("value", "$P")
    made = {**raw, "plant": plant, **own, "id": f"{raw['id']}-{slug}"}
    return {key: _named(text, name, value) for key, text in made.items()}


def _named(text: object, name: str, value: str) -> object:
    return text.replace("{name}", name).replace("{value}", value) if isinstance(text, str) else text


def _entry(number: int, raw: dict[str, Any]) -> Entry:
    entry = suite.entry(Entry, number, {**raw, "layouts": _layouts(raw.get("layouts", "plain"))})
    assert entry.expect in EXPECTATIONS, f"{entry.id}: unknown expectation {entry.expect}"
    return entry


def _layouts(text: str) -> tuple[str, ...]:
    names = tuple(NAMES) if text == "all" else tuple(text.split())
    assert set(names) <= set(NAMES), f"unknown layouts in {text}"
    return names
