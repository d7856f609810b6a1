"""`container doctor`: runs all checks and prints what they found."""

from __future__ import annotations

import os
import sys

from plumbum import cli

from aidevcontainer.cli.parser import CommandLine
from aidevcontainer.doctor import catalogue, report, runner
from aidevcontainer.doctor.context import Context
from aidevcontainer.project.paths import Project
from aidevcontainer.util.console import Console
from aidevcontainer.util.guard import guarded


class Doctor(CommandLine):
    """Find problems of the machine, the project and the containers, and how to fix them."""

    complete = cli.Flag(["-v", "--all"], help="also list passed and skipped checks")
    as_json = cli.Flag("--json", help="print JSON for a program")

    def main(self) -> int:
        """Prints the findings. Returns 1 if something is wrong. Works without docker and git."""
        console = self.console()
        return guarded(console, lambda: self._run(self.current_project, console))

    def _run(self, project: Project, console: Console) -> int:
        checks = catalogue.checks()
        console.line(f"Running {len(checks)} checks …")
        outcomes = runner.run(checks, Context(project, dict(os.environ), console.say))
        console.clear_line()
        code = report.exit_code(outcomes)
        if self.as_json:
            _answer(report.as_json(outcomes))
        elif code or not console.quiet:
            plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
            coloured = report.is_coloured(plain)
            _answer(report.as_text(outcomes, bool(self.complete), coloured))
        return code


def _answer(text: str) -> None:
    sys.stdout.write(text + "\n")
