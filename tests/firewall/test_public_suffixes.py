"""Which wildcards would open what everybody can get: the public suffix list, and how it is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from publicsuffixlist import PSLFILE

from aidevcontainer.firewall import advice, public_suffixes

VECTORS = re.findall(
    r"^checkPublicSuffix\('([^.'][^']*\.[^']+)', (?:'[^']+'|(null))\);",
    Path(PSLFILE).with_name("test_psl.txt").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_published_vectors() -> None:
    """X-F6: the list's own tests: wildcard rules, exceptions, names beyond ASCII."""
    assert len(VECTORS) > 60
    for name, is_suffix in VECTORS:
        asked = name.lower().encode("idna").decode()
        assert public_suffixes.is_suffix(asked) == bool(is_suffix), name


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("*.co.uk", "is too wide: anybody can register a name under co.uk"),
        ("*.co.uk.:8443", "register a name under co.uk"),
        ("*.xn--55qx5d.cn", "register a name under xn--55qx5d.cn"),
        ("*.any.ck", "register a name under any.ck"),
        ("*.kawasaki.jp", "register a name under kawasaki.jp"),
        ("*.notion.site", "rent a name under notion.site"),
        ("*.azurecontainer.io", "rent a name under"),
        ("*.www.ck", ""),
        ("*.city.kawasaki.jp", ""),
        ("*.example.co.uk", ""),
        ("*.example.com", ""),
        ("notion.site", ""),
    ],
)
def test_wildcards_that_open_a_suffix(entry: str, words: str) -> None:
    """X-F6: a sentence for those, and for no other."""
    said = " ".join(advice.of_entries([entry]))
    assert words in said
    assert bool(said) == bool(words)
