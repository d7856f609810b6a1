"""Finds hosts in the text of a file, whatever the file contains.

A branch may have planted the text to keep a reader busy. So each pattern looks at a bounded number of
characters from where it starts, and the time for a file grows with its size alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

_LONGEST_BEFORE = 300
# What a scheme speaks, as entries call it. A server of git:// mostly serves https:// too.
_PROTOCOLS = {"https": "tls", "http": "http", "git": "tls", "ssh": "tcp"}
# The last label has a letter first, so no address matches. A name that a variable continues is not a name.
_NAME = (
    r"[A-Za-z0-9][A-Za-z0-9.-]{0,250}\.[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9](?![\w${%-]|[.:][\w${%]*[${%])"
)
_TOKENS = (
    # A backslash before the colon is how Java writes it in properties.
    rf"(?<![A-Za-z0-9])(?P<scheme>https?|git|ssh)\\?://(?:[^/@\s\"']{{0,256}}@)?(?P<host>{_NAME})"
    r"(?::(?P<port>[0-9]{1,5})(?![0-9]))?",
    # By this user's name alone, because most other text with an @ is an address of mail.
    rf"(?<![A-Za-z0-9])git@(?P<peer>{_NAME}):(?=[A-Za-z0-9~/_])",
    # Docker takes the first part of an image's name for a registry if it contains a dot.
    r"(?:docker://|(?<![\w.-])(?:image|container|name)[\"']?:[ \t]{0,16}[\"']?(?:docker://)?|(?<=\s)--from="
    r"|(?<![^\n])[ \t]{0,32}(?i:FROM)[ \t]{1,16}(?:--[^\s]{1,64}[ \t]{1,16}){0,4}[\"']?)"
    rf"(?P<registry>{_NAME})(?::(?P<registry_port>[0-9]{{1,5}}))?/",
    r"(?<![\w.@-])(?P<key>[\w.@-]{1,64})[\"']?[ \t]{0,16}(?:=>|=|:(?!/))",
)
# A comment starts at the start of a line or after a space: `https://host/x#y` has none.
_COMMENTS = {
    "": r"(?!)",
    "#": r"(?<!\S)#[^\n]*",
    ";": r"(?<!\S)[#;][^\n]*",
    "//": r"(?<!\S)(?://|\*)[^\n]*",
}
_PATTERNS = {comment: re.compile("|".join((*_TOKENS, pattern))) for comment, pattern in _COMMENTS.items()}


class Mention(NamedTuple):
    """A host and port in a text, and what is before it: in the same line, and the last key (`url =`).

    `protocol` is what the client speaks there: tls, http, or tcp for anything else (ssh, a proxy). `is_image`
    is true for the registry of a container image. In XML, `key` is the path of the elements.
    """

    host: str
    port: str
    protocol: str
    key: str
    before: str
    is_image: bool


def in_text(text: str, comment: str) -> Iterator[Mention]:
    """Yields the hosts of a text whose comments start with `comment`: #, ; or //, or nothing."""
    key = ""
    for found in _PATTERNS[comment].finditer(text):
        host = found["host"] or found["peer"] or found["registry"]
        if host:
            protocol = _protocol(found, key)
            before = _before(text, found.start())
            yield Mention(host, _port(found, protocol), protocol, key, before, bool(found["registry"]))
        key = found["key"] or key


def in_xml(data: bytes) -> Iterator[Mention]:
    """Yields the hosts of XML up to its first error; of attributes too."""
    reader = _Xml()
    reader.read(data)
    for key, text in reader.found:
        for each in in_text(text, ""):
            yield each._replace(key=key)


class _Xml:
    """Collects what elements and attributes contain, with their paths."""

    _LONGEST = 2000  # characters of one text; a URL is shorter

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._text = ""

    def read(self, data: bytes) -> None:
        """Reads a document."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError):
            return  # what comes before the error counts

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        self._text = ""
        for attribute, text in attributes.items():
            self._keep(text, attribute)

    def _end(self, _: str) -> None:
        self._keep(self._text)
        self._open.pop()
        self._text = ""

    def _add(self, text: str) -> None:
        self._text += text[: self._LONGEST - len(self._text)]

    def _keep(self, text: str, *attribute: str) -> None:
        if "://" in text:
            self.found.append(("/".join([*self._open[-3:], *attribute]), text[: self._LONGEST]))

    @staticmethod
    def _refuse(*_: object) -> None:
        # Only a document type can declare entities, which grow from a few lines to gigabytes.
        raise ValueError("a document type")


def _before(text: str, end: int) -> str:
    window = text[max(end - _LONGEST_BEFORE, 0) : end]
    # A shell's line goes on behind a backslash.
    return window.replace("\\\n", " ").rpartition("\n")[2]


def _protocol(found: re.Match[str], key: str) -> str:
    if found["peer"]:
        return _PROTOCOLS["ssh"]
    # A client asks a proxy in another way than a server.
    if found["scheme"] == "http" and key.lower().endswith("proxy"):
        return "tcp"
    return _PROTOCOLS[found["scheme"] or "https"]


def _port(found: re.Match[str], protocol: str) -> str:
    usual = "443" if protocol == "tls" else "80" if found["scheme"] == "http" else "22"
    return found["port"] or found["registry_port"] or usual
