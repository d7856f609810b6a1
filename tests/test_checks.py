"""The source itself: lint, layout, types, shell. Each check is a test, so that its outcome counts as one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SHEBANGS = (b"#!/bin/sh", b"# shellcheck shell=")
SKIPPED = {".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", "__pycache__"}


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        ("mypy", "--strict"),
        # What people run on their own machines, with the oldest Python that is promised.
        ("mypy", "--strict", "--python-version", "3.9", "bootstrap"),
    ],
    ids=" ".join,
)
def test_python_is_clean(command: tuple[str, ...]) -> None:
    """House rules: no lint, one layout, full types."""
    assert_clean([str(BIN / command[0]), *command[1:]])


def test_shell_is_clean() -> None:
    """House rules: every script passes shellcheck."""
    scripts = sorted(str(path.relative_to(ROOT)) for path in shell_scripts())
    assert len(scripts) > 10
    assert_clean([str(BIN / "shellcheck"), "--severity=style", *scripts])


def assert_clean(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def shell_scripts() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED]
        for path in (Path(folder, name) for name in names):
            if path.is_file() and (path.suffix == ".sh" or path.read_bytes().startswith(SHEBANGS)):
                yield path
