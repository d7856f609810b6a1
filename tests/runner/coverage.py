"""Which requirements the tests prove: a test names their ids in its docstring."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

# Under this name a test's report carries each id, also from one process to another.
PROPERTY = "requirement"
TESTS = Path(__file__).resolve().parents[1]
_ID = re.compile(r"\b(?:US-\d{3}(?:\.\d+)?|FR-\d+|[UMB]-\d+|X-[A-Z]\d+)\b")


def ids(text: str | None) -> list[str]:
    """Return the ids of requirements in *text*."""
    return _ID.findall(text or "")


def in_order(found: Iterable[str]) -> list[str]:
    """Return *found* without repetition, sorted as a person would: US-003.2 before US-003.10."""
    return sorted(set(found), key=lambda name: re.sub(r"\d+", lambda digits: digits[0].zfill(4), name))


def measured() -> list[str]:
    """Return the ids that benchmarks name; a missed expectation fails a benchmark."""
    return claimed(TESTS / "bench", "bench_*.py")


def claimed(folder: Path = TESTS, files: str = "test_*.py") -> list[str]:
    """Return the ids that the tests below *folder* name, whether they pass or not."""
    texts = (text for path in folder.rglob(files) for text in _docstrings(path))
    return in_order(name for text in texts for name in ids(text))


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            yield ast.get_docstring(node) or ""
