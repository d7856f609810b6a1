"""Options of the benchmarks."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --bench-json."""
    parser.addoption("--bench-json", type=Path, metavar="FILE", help="write what a benchmark measured here")
