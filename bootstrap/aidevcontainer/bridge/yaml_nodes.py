"""YAML as text with line numbers: mappings, lists and words, and nothing that YAML would make of them.

Tags, anchors and aliases are refused, so a few lines cannot grow into gigabytes. A scalar stays the text that
was typed, so `no`, `1.10` and `0777` mean what they say.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from aidevcontainer.bridge.plain_file import FileError, check_size

_DEEPEST = 6  # levels; bridge.yaml needs five
_CONFLICT = re.compile(r"(?m)^(<<<<<<<|>>>>>>>)( |$)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_YAML = "this is not valid YAML"


class Node(NamedTuple):
    """A value and its line: in a mapping that of its key, in a list its own."""

    line: int
    value: str | list[Node] | dict[str, Node]


def parse(data: bytes) -> Node:
    """Returns the only document of a file's content. Raises FileError, whatever the content is."""
    text = _decoded(data)
    try:
        return _node(_document(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"{_NOT_YAML}: {error.problem or error.context}"
        raise FileError(int(mark.line) + 1 if mark else 0, reason) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"it contains the character U+{ord(text[error.position]):04X}, which is not text"
        raise FileError(line, reason) from error
    except FileError:
        raise
    except (ValueError, OverflowError) as error:
        # Escapes and version numbers that Python cannot represent.
        raise FileError(0, f"{_NOT_YAML}: a number in it is out of range") from error


class _Loader(yaml.SafeLoader):
    """Refuses a node before its content is read, so that a file that nests without end costs nothing."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Returns the next node. Raises FileError."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise FileError(_line(event), "anchors and aliases (& and *) are not allowed")
        if event.tag:
            raise FileError(_line(event), "tags (!) are not allowed")
        if self._depth == _DEEPEST:
            raise FileError(_line(event), "it is nested too deeply")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _decoded(data: bytes) -> str:
    check_size(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(data.count(b"\n", 0, error.start) + 1, "this line is not UTF-8 text") from error
    marker = _CONFLICT.search(text)
    if marker:
        line = text.count("\n", 0, marker.start()) + 1
        raise FileError(line, "a merge left its conflict markers here. Resolve the conflict first")
    return text


def _document(text: str) -> yaml.Node:
    loader = _Loader(text)
    node: yaml.Node | None = loader.get_node() if loader.check_node() else None
    if node is None:
        raise FileError(0, "it is empty")
    if loader.check_node():
        second: yaml.Event = loader.peek_event()  # type: ignore[no-untyped-call]
        raise FileError(_line(second), "a second document starts here, and only one is allowed")
    return node


def _node(node: yaml.Node) -> Node:
    if isinstance(node, yaml.MappingNode):
        return Node(_line(node), _mapping(node))
    if isinstance(node, yaml.SequenceNode):
        return Node(_line(node), [_node(each) for each in node.value])
    return Node(_line(node), _text(node))


def _mapping(node: yaml.MappingNode) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for key_node, value in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise FileError(_line(key_node), "a key must be a plain word")
        key, line = _text(key_node), _line(key_node)
        if key in found:
            raise FileError(line, f"'{key}' is repeated. It is already set in line {found[key].line}")
        found[key] = Node(line, _node(value).value)
    return found


def _text(node: yaml.Node) -> str:
    # YAML's words for nothing, such as `~`; in quotes they are text.
    text = "" if node.tag == "tag:yaml.org,2002:null" else str(node.value)
    if _CONTROL.search(text):
        raise FileError(_line(node), "there is a control character in a text")
    return text


def _line(at: yaml.Node | yaml.Event) -> int:
    mark = at.start_mark
    return int(mark.line) + 1 if mark else 0
