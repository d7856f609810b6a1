"""YAML as little as possible: nested mappings, lists and text, each with the line that it stands in.

A person's file, in a format that can do too much. Tags, anchors and aliases are refused, so nothing is built
but what stands there; scalars stay text, so that `no`, `1.10` and `0777` are what was typed. Events are read
one by one, so that a file that nests without end costs no more than its first lines.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import NamedTuple, Union

import yaml

MOST_BYTES = 65536
_DEEPEST = 6  # levels; a bridge.yaml needs five
_MARKER = re.compile(r"(?m)^(<<<<<<<|>>>>>>>)( |$)")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_YAML = "this is not valid YAML"


class DocumentError(ValueError):
    """Why a document is refused, without a full stop. `line` counts from 1; 0 means the file as a whole."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class MissingError(DocumentError):
    """There is no such file."""


class Node(NamedTuple):
    """A value and its line: that of its key in a mapping, its own in a list."""

    line: int
    value: Union[str, list[Node], dict[str, Node]]  # noqa: UP007 -- Python 3.9 evaluates it


def read(path: str, most: int = MOST_BYTES) -> bytes:
    """Return a file's content, and no more than one byte above the limit.

    Raises MissingError, and DocumentError for what is no plain file.
    """
    # A link could lead to where others may write, and a pipe would keep its reader waiting.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError as error:
        raise MissingError(0, "there is no such file") from error
    except OSError as error:
        linked = error.errno == errno.ELOOP
        reason = "it is a symbolic link, and must be a file" if linked else f"{error.strerror}"
        raise DocumentError(0, reason) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise DocumentError(0, "it is no plain file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most + 1)
    finally:
        os.close(descriptor)


def parse(data: bytes) -> Node:
    """Return the one document of a file's content. Raises DocumentError, whatever the content is."""
    text = _decoded(data)
    try:
        return _Builder(text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = int(mark.line) + 1 if mark else 0
        raise DocumentError(line, f"{_NOT_YAML}: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError(
            line, f"there is a character (U+{ord(text[error.position]):04X}) no text has"
        ) from error
    except DocumentError:
        raise
    except (ValueError, OverflowError) as error:
        # Escapes and version numbers beyond what Python can hold.
        raise DocumentError(0, f"{_NOT_YAML}: a number in it is out of range") from error


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise DocumentError(0, f"it is larger than {MOST_BYTES // 1024} KiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(data.count(b"\n", 0, error.start) + 1, "this line is not UTF-8 text") from error
    marker = _MARKER.search(text)
    if marker:
        line = text.count("\n", 0, marker.start()) + 1
        raise DocumentError(line, "a merge left its conflict markers here: decide, and remove them")
    return text


class _Builder:
    """Builds nodes from a parser's events."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)

    def document(self) -> Node:
        """Return the only document."""
        self._next()  # the stream's start
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise DocumentError(0, "it is empty")
        node = self._node(self._next(), 1)
        self._next()  # the document's end
        second = self._next()
        if not isinstance(second, yaml.StreamEndEvent):
            raise DocumentError(_line(second), "a second document starts here, and there may be only one")
        return node

    def _next(self) -> yaml.Event:
        event: yaml.Event = next(self._events)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DocumentError(_line(event), "anchors and aliases (& and *) are not allowed: write it out")
        if getattr(event, "tag", None):
            raise DocumentError(_line(event), "tags (!) are not allowed")
        return event

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if depth > _DEEPEST:
            raise DocumentError(_line(event), "it is nested deeper than anything here can be")
        if isinstance(event, yaml.MappingStartEvent):
            return Node(_line(event), self._mapping(depth))
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(_line(event), self._list(depth))
        return Node(_line(event), _text(event))

    def _mapping(self, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise DocumentError(_line(event), "a key must be a plain word")
            key = _text(event)
            if key in found:
                first = found[key].line
                raise DocumentError(_line(event), f"'{key}' stands here again, after line {first}")
            found[key] = Node(_line(event), self._node(self._next(), depth + 1).value)
        return found

    def _list(self, depth: int) -> list[Node]:
        found: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            found.append(self._node(event, depth + 1))
        return found


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return int(mark.line) + 1 if mark else 0


def _text(event: yaml.Event) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise DocumentError(_line(event), "there is something that belongs nowhere")
    # What YAML spells for nothing at all; in quotes it is text.
    if event.implicit[0] and event.value in ("~", "null", "Null", "NULL"):
        return ""
    if _UNSEEN.search(event.value):
        raise DocumentError(_line(event), "there is a control character in a text")
    return str(event.value)
