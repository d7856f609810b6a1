"""What stands in for `json` and `signal` where a session opens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aidevcontainer.util import light_json

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(DOCUMENTS, st.sampled_from([None, 2]), st.booleans())
def test_documents_are_read_as_the_library_reads_them(
    document: object, indent: int | None, ascii: bool
) -> None:
    """X-P1: text or bytes, on one line or more."""
    text = json.dumps(document, indent=indent, ensure_ascii=ascii)
    assert light_json.parsed(text) == document
    assert light_json.parsed(f" {text}\n".encode("utf-8", "replace")) == json.loads(
        text.encode("utf-8", "replace")
    )


@pytest.mark.parametrize("text", ["", " ", "{", "[1,]", "{} x", "nul", '{"a" 1}', b"\xff"])
def test_what_is_no_json_is_an_error(text: str | bytes) -> None:
    """X-P1: the same kind of error as the library's."""
    with pytest.raises(ValueError):
        light_json.parsed(text)


@pytest.mark.parametrize("text", ["", 'a "word"', "\\ \n\0", "z\u00fcrich.example", "\U0001f600", "\udcff"])
def test_a_text_is_quoted_as_by_the_library(text: str) -> None:
    """X-P1: words of a command come to the engine as they are, also those that are no UTF-8."""
    assert light_json.quoted(text) == json.dumps(text)


@pytest.mark.parametrize("module", ["session.fast", "cli.firewall_fast"])
def test_what_is_waited_for_does_without_what_the_library_loads(module: str) -> None:
    """X-P1, X-F5: neither `re` nor `enum`, which `json` and `signal` bring, is on the way."""
    root = Path(__file__).parents[2] / "bootstrap"
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r}); import aidevcontainer.{module}; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"re", "enum", "json", "typing", "subprocess"} & set(done.stdout.split())
