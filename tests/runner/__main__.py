"""The tests and their report, in the environment that has their packages."""

from __future__ import annotations

import sys

import pytest

from tests.runner import coverage
from tests.runner.tally import Tally

# Seconds for one test; building an image for the first time takes longer than any test itself.
TIMEOUT = 300


def main(arguments: list[str]) -> int:
    """Run everything, or with --covered only list; return the exit code."""
    if arguments == ["--covered"]:
        sys.stdout.write("\n".join(coverage.claimed()) + "\n")
        return 0
    tally = Tally()
    code = int(pytest.main([f"--timeout={TIMEOUT}", "--timeout-method=thread", *arguments], plugins=[tally]))
    sys.stdout.write(tally.report())
    return code or int(tally.failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
