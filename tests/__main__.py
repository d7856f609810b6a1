"""`python3 tests`: from a bare Python 3.10 or newer to the outcome of every check and test of this project.

Options: --quick (lint, types and the engine-free tests of what changed, in half a minute), --covered (list
the spec ids that tests prove, run nothing), --no-engine (leave out what needs an engine), --engine RELEASE
(run on that private engine); anything else is pytest's. The parts are in runner/.
--bench [NAME…] runs benchmarks instead, --bench-list, --bench-page and --bench-compare go with it (bench/).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Python puts this folder first, where `support` and others would be found under a wrong name.
sys.path[0:1] = [str(ROOT), str(ROOT / "bootstrap")]

from aidevcontainer.util.console import Console  # noqa: E402
from aidevcontainer.util.errors import Problem  # noqa: E402
from machine import environment, pythons  # noqa: E402

# What runs, and the packages it needs: only the benchmarks draw.
TESTS = ("tests.runner", "requirements.txt", "pytest")
BENCH = ("tests.bench", "requirements-bench.txt", "matplotlib")


def benchmarks(arguments: list[str]) -> bool:
    """Return whether the arguments are for the benchmarks' command."""
    return bool({"--bench", "--bench-list", "--bench-page", "--bench-compare"} & set(arguments))


def main(arguments: list[str]) -> int:
    """Hand over to the runner, in an environment with the tests' packages; return only when that fails."""
    console = Console()
    package, requirements, module = BENCH if benchmarks(arguments) else TESTS
    try:
        pythons.ensure(str(ROOT / "tests"), arguments)
        python = environment.of_requirements(ROOT / "tests" / requirements, module)
    except Problem as problem:
        console.fail(str(problem))
        return problem.code
    os.chdir(ROOT)
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "bootstrap")])}
    os.execve(python, [python, "-m", package, *arguments], variables)  # noqa: S606
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
