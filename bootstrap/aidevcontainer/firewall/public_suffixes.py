"""Domains under which anybody can get a name, from the public suffix list (https://publicsuffix.org)."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import NamedTuple

from publicsuffixlist import PSLFILE, PublicSuffixList

_PRIVATE = "// ===BEGIN PRIVATE DOMAINS==="


class Suffix(NamedTuple):
    """A public suffix. `rented` means that a company gives the names away, not a registry."""

    name: str
    rented: bool


def opened_by(domain: str) -> Suffix | None:
    """Returns a public suffix that `*.domain` opens: itself or one below. `domain` is lower-case ASCII."""
    if "." not in domain:
        return None  # the linter refuses these
    if is_suffix(domain):
        return Suffix(domain, not _list(only_icann=True).is_public(domain))
    return _below(domain)


def is_suffix(domain: str) -> bool:
    """Returns whether a domain of two labels or more is a public suffix itself."""
    return bool(_list().is_public(domain))


def _below(domain: str) -> Suffix | None:
    # A wildcard may be above a rule: *.windows.net opens blob.core.windows.net.
    text = _text()
    found = re.search(rf"^[^/!\s]*\.{re.escape(domain)}$", text, re.MULTILINE)
    return Suffix(found[0].removeprefix("*."), found.start() > text.index(_PRIVATE)) if found else None


@functools.lru_cache(maxsize=2)
def _list(only_icann: bool = False) -> PublicSuffixList:
    return PublicSuffixList(only_icann=only_icann)


@functools.lru_cache(maxsize=1)
def _text() -> str:
    return Path(PSLFILE).read_text(encoding="utf-8")
