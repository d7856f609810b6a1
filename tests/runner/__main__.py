"""The tests and their report, in the environment that has their packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.runner import coverage, selection
from tests.runner.tally import Tally

# Seconds for one test; building an image for the first time takes longer than any test itself.
TIMEOUT = 300

# Most tests wait for containers, so three at a time take much less, even on two processors. A file stays in
# one lane, since its tests share what is dear to make.
LANES = ("--numprocesses=3", "--dist=loadfile")


def main(arguments: list[str]) -> int:
    """Runs everything, with --quick a selection, with --covered nothing but a list; returns the exit code."""
    if arguments == ["--covered"]:
        sys.stdout.write("\n".join(coverage.claimed()) + "\n")
        return 0
    tally = Tally()
    plugins: list[object] = [tally]
    options = [f"--timeout={TIMEOUT}", "--timeout-method=thread"]
    if "--quick" in arguments:
        arguments = [each for each in arguments if each != "--quick"]
        plugins.append(selection.Deadline())
        options += ["--no-engine", *selection.places(selection.changed())]
    else:
        options += _lanes(arguments)
    code = int(pytest.main([*options, *arguments], plugins=plugins))
    sys.stdout.write(tally.report())
    return code or int(tally.failed > 0)


def _lanes(arguments: list[str]) -> tuple[str, ...]:
    """Return the options for a run of everything; who names files looks at one thing at a time."""
    named = any(Path(argument.split("::")[0]).exists() for argument in arguments)
    return () if named else LANES


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
