"""Adds an entry to the text of a YAML or JSON file, and leaves every other character as it is.

There are many ways to write the same lists and mappings. So each place that may fit is tried, and only a text
that reads as the old one with the entry counts.
"""

from __future__ import annotations

import copy
import json
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

_Path = tuple[str, ...]
# A branch may have written the file to keep its reader busy. PyYAML takes a second for 100 KB.
MOST_BYTES = 65536
_MOST_NODES = 100_000


class UnfitError(ValueError):
    """The reason why a text cannot take an entry, as a clause."""


class _Found(NamedTuple):
    """The deepest node that is there on a path, the keys that are missing below it, and its key's column."""

    node: yaml.Node | None
    missing: _Path
    column: int


def insert(text: str, path: _Path, block: str) -> str:
    """Returns `text` with `block`, a list of one item or a mapping of one key, in the container at `path`.

    Containers that are missing are added. Raises UnfitError.
    """
    readable = _readable(text)
    root, data = _parsed(readable)
    wanted = _with_entry(data, path, yaml.safe_load(block))
    found = _find(root, path)
    for start, end, added in _places(readable, found, _below(found.missing, block)):
        result = text[:start] + added + text[end:]
        if _reads_as(result, wanted):
            return result
    raise UnfitError("it is written in a form that cannot be added to line by line")


def replace(text: str, path: _Path, change: str) -> str:
    """Returns `text` with the string `change` in place of the one at `path`. Raises UnfitError."""
    root, _ = _parsed(_readable(text))
    node = _find(root, path).node
    if node is None:
        raise UnfitError(f"{path[-1]} is missing")
    return text[: node.start_mark.index] + json.dumps(change) + text[node.end_mark.index :]


def load(text: str) -> Any:  # noqa: ANN401 -- whatever the file contains
    """Returns the content of a YAML or JSON text. Raises UnfitError."""
    return _parsed(_readable(text))[1]


def _readable(text: str) -> str:
    """Returns a text of the same length that PyYAML reads: JSON may be indented with tabs."""
    return text.replace("\t", " ") if text.lstrip("\ufeff \t\r\n").startswith("{") else text


def _parsed(text: str) -> tuple[yaml.Node | None, Any]:
    if len(text) > MOST_BYTES:
        raise UnfitError(f"it is larger than {MOST_BYTES // 1024} KB")
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        if root is not None and _weight(root, {}) > _MOST_NODES:
            raise UnfitError("its references (& and *) lead to too much")
        return root, yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnfitError(f"it is not valid YAML (line {line}: {error.problem})") from None
    except UnfitError:
        raise
    except RecursionError:
        raise UnfitError("it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UnfitError(f"it is not valid YAML ({str(error).splitlines()[0]})") from None


def _weight(node: yaml.Node, known: dict[int, int]) -> int:
    """Returns how many nodes there are with every reference followed: a few lines can lead to gigabytes."""
    if id(node) not in known:
        known[id(node)] = _MOST_NODES  # what a node that contains itself leads to
        parts = node.value if isinstance(node, yaml.CollectionNode) else []
        flat = [each for part in parts for each in (part if isinstance(part, tuple) else (part,))]
        known[id(node)] = min(1 + sum(_weight(each, known) for each in flat), 2 * _MOST_NODES)
    return known[id(node)]


def _reads_as(text: str, wanted: object) -> bool:
    try:
        return bool(load(text) == wanted)
    except UnfitError:
        return False


def _with_entry(data: Any, path: _Path, entry: Any) -> Any:  # noqa: ANN401
    if not path:
        return _joined(data, entry)
    found = {} if data is None else copy.copy(data)
    if not isinstance(found, dict):
        raise UnfitError(f"{path[0]} cannot be in it")
    return {**found, path[0]: _with_entry(found.get(path[0]), path[1:], entry)}


def _joined(container: Any, entry: Any) -> Any:  # noqa: ANN401
    if container is None:
        return entry
    if isinstance(container, list) and isinstance(entry, list):
        return [*container, *entry]
    if isinstance(container, dict) and isinstance(entry, dict) and not container.keys() & entry.keys():
        return {**container, **entry}
    raise UnfitError("another entry is in the place for this one")


def _find(root: yaml.Node | None, path: _Path) -> _Found:
    node, column = root, -2
    for depth, name in enumerate(path):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        match = next(((key, value) for key, value in pairs if key.value == name), None)
        if match is None:
            return _Found(node, path[depth:], column)
        column, node = match[0].start_mark.column, match[1]
    return _Found(node, (), column)


def _below(missing: _Path, block: str) -> str:
    for name in reversed(missing):
        block = f"{name}:\n{textwrap.indent(block, '  ')}"
    return block


def _places(text: str, found: _Found, block: str) -> Iterator[tuple[int, int, str]]:
    """Yields what to put in place of which part of the text."""
    node = found.node
    if node is None:
        yield len(text), len(text), _line_break(text, len(text)) + block
        return
    if _is_empty(node):
        yield _as_block(text, found, node, block)
    if isinstance(node, yaml.CollectionNode) and node.flow_style:
        yield _in_flow(node, block)
    elif isinstance(node, yaml.CollectionNode):
        added = textwrap.indent(block, " " * node.start_mark.column)
        for place in (len(text), _last_line(text, node), node.end_mark.index):
            yield place, place, _line_break(text, place) + added


def _is_empty(node: yaml.Node) -> bool:
    return not node.value or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"))


def _as_block(text: str, found: _Found, node: yaml.Node, block: str) -> tuple[int, int, str]:
    """Returns the block below the key of an empty value, in that value's place."""
    start, end = node.start_mark.index, node.end_mark.index
    line_end = text.find("\n", end)
    rest = text[end:line_end] if line_end >= 0 else text[end:]
    after = end + len(rest)
    added = textwrap.indent(block, " " * (found.column + 2)).rstrip("\n")
    return len(text[:start].rstrip(" ")), after, f"{rest.rstrip()}\n{added}" + ("" if line_end >= 0 else "\n")


def _in_flow(node: yaml.CollectionNode, block: str) -> tuple[int, int, str]:
    # Without the braces or brackets around it.
    entry = json.dumps(yaml.safe_load(block))[1:-1]
    if not node.value:
        return node.start_mark.index + 1, node.start_mark.index + 1, entry
    last = node.value[-1]
    place = (last[1] if isinstance(last, tuple) else last).end_mark.index
    return place, place, f", {entry}"


def _last_line(text: str, node: yaml.Node) -> int:
    """Returns the end of the node's last line that is neither empty nor a comment."""
    lines = text[: node.end_mark.index].splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return sum(map(len, lines))


def _line_break(text: str, place: int) -> str:
    return "\n" if place and text[place - 1] != "\n" else ""
