"""`.aidevcontainer/container uninstall`: removes the scaffold and everything in the engine."""

from __future__ import annotations

from plumbum import cli

from aidevcontainer.cli.group import Command
from aidevcontainer.lifecycle import uninstall

_CODES = """
Exit codes: 0 done, 1 failed or not agreed to, 2 wrong usage, 130 Ctrl+C.
After a no to the first question, or Ctrl+C at any question, nothing is removed.
"""


class UninstallCommand(Command):
    """Remove .aidevcontainer/, the containers and their volumes. Asks first."""

    yes = cli.Flag(["-y", "--yes"], help="do not ask; keep uncommitted files")
    own_files = cli.Flag("--own-files", help="also remove uncommitted files: your lists, edited files")
    keep_sign_in = cli.Flag("--keep-sign-in", help="keep the volume with Claude's sign-in and history")
    dry_run = cli.Flag(["-n", "--dry-run"], help="show everything, and remove nothing")
    as_json = cli.Flag("--json", help="print JSON (with --dry-run or --yes)")

    def help_text(self) -> str:
        """Returns the usual text, and the exit codes."""
        return super().help_text() + _CODES

    def main(self) -> int:
        """Shows, asks, removes."""
        options = uninstall.UninstallOptions(
            self.yes, self.own_files, self.keep_sign_in, self.dry_run, self.as_json
        )
        return self.without_docker(lambda console: uninstall.run(self.current_project, options, console))
