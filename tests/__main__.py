"""`python3 tests`: from a bare Python 3.9 or newer to the outcome of every check and test of this project.

Options: --covered (list the spec ids that tests prove, run nothing), --no-engine (leave out what needs an
engine), --engine RELEASE (run on that private engine); anything else is pytest's. The parts are in runner/.
--bench [NAME…] runs benchmarks instead, --bench-list, --bench-page and --bench-compare go with it (bench/).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Python puts this folder first, where `support` and others would be found under a wrong name.
sys.path[0] = str(ROOT)

from bootstrap import pythons, venv  # noqa: E402 -- needs the path above
from bootstrap.console import Console  # noqa: E402
from bootstrap.problem import Problem  # noqa: E402

# What runs, and the packages it needs: only the benchmarks draw.
TESTS = ("tests.runner", "requirements.txt")
BENCH = ("tests.bench", "requirements-bench.txt")


def benchmarks(arguments: list[str]) -> bool:
    """Return whether the arguments are for the benchmarks' command."""
    return bool({"--bench", "--bench-list", "--bench-page", "--bench-compare"} & set(arguments))


def main(arguments: list[str]) -> int:
    """Hand over to the runner, in an environment with the tests' packages; return only when that fails."""
    console = Console()
    package, requirements = BENCH if benchmarks(arguments) else TESTS
    try:
        pythons.ensure(str(ROOT / "tests"), arguments)
        python = venv.ensure(ROOT / "tests" / requirements, console.say)
    except Problem as problem:
        console.fail(str(problem))
        return problem.code
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", package, *arguments])  # noqa: S606
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
