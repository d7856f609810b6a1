"""Domains under which anybody gets a name: the public suffix list, as `public_suffixes.txt` has it.

The file is written by `python3 -m tests.public_suffixes` from a library that the tests alone need. So users
install nothing more, it works without a network, and a question costs a third of a millisecond, where loading
the library takes 67. The algorithm is that of https://github.com/publicsuffix/list/wiki/Format.
"""

from __future__ import annotations

import functools
import os
from typing import NamedTuple

FILE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "public_suffixes.txt")
PRIVATE = "# Private domains"


class Suffix(NamedTuple):
    """A public suffix; `rented` where a company gives names away, not a registry."""

    name: str
    rented: bool


def opened_by(domain: str) -> Suffix | None:
    """Return a public suffix that `*.domain` opens: itself, or one below it. Lower case, ASCII (xn--)."""
    if "." not in domain:
        return None  # the linter refuses those
    text = _text()
    # The last catches what is one level above a rule, or more: *.windows.net opens blob.core.windows.net.
    ways = (_rule(text, domain), text.find(f"\n*.{domain}\n"), text.find(f".{domain}\n"))
    found = next((at for at in ways if at >= 0), -1)
    if found < 0 or f"\n!{domain}\n" in text:
        return None
    start = text.rindex("\n", 0, found + 1) + 1
    name = domain if is_suffix(domain) else text[start : text.index("\n", start)].lstrip("*.")
    return Suffix(name, found > text.index(f"\n{PRIVATE}"))


def is_suffix(domain: str) -> bool:
    """Return whether a domain of two labels or more is a public suffix itself."""
    return _rule(_text(), domain) >= 0


def _rule(text: str, domain: str) -> int:
    if f"\n!{domain}\n" in text:
        return -1
    exact = text.find(f"\n{domain}\n")
    return exact if exact >= 0 else text.find(f"\n*.{domain.partition('.')[2]}\n")


@functools.lru_cache(maxsize=1)
def _text() -> str:
    with open(FILE, encoding="ascii") as file:
        return file.read()
