"""A pytest plugin that checks lint, layout, types and shell, all side by side."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent
_SHELL = (b"#!/bin/sh", b"# shellcheck shell=")
_SKIPPED = {".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", "__pycache__"}


class Checks:
    """Each check's name and process."""

    COMMANDS = (
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        ("mypy", "--strict"),
        ("lint-imports", "--no-cache"),
        ("shellcheck", "--severity=style"),
    )

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[str]] = {}

    def start(self) -> None:
        """Start all of them."""
        for program, *arguments in self.COMMANDS:
            files = shell_scripts() if program == "shellcheck" else []
            self._running[" ".join([program, *arguments])] = subprocess.Popen(
                [str(_BIN / program), *arguments, *files],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT / "bootstrap")},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def outcome(self, name: str) -> tuple[int, str]:
        """Wait for one check and return its exit code and what it printed."""
        process = self._running[name]
        said, _ = process.communicate()
        return process.returncode, said

    def stop(self) -> None:
        """End what still runs."""
        for process in self._running.values():
            process.kill()
            process.wait()


def shell_scripts() -> list[str]:
    """Return every shell script of the project, relative to its root."""
    return sorted(str(path.relative_to(ROOT)) for path in _files() if _is_shell(path))


def _files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        yield from (Path(folder, name) for name in names)


def _is_shell(path: Path) -> bool:
    return path.is_file() and (path.suffix == ".sh" or path.read_bytes().startswith(_SHELL))


# Checks that were started before the first test.
STARTED = pytest.StashKey[Checks]()


@pytest.fixture(scope="session")
def checks(request: pytest.FixtureRequest) -> Iterator[Checks]:
    """The checks, all of them running."""
    started = request.config.stash.get(STARTED, None)
    if started is None:
        started = Checks()
        started.start()
    yield started
    started.stop()
