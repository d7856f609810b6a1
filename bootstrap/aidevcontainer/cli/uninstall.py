"""`.aidevcontainer/container uninstall`: out of the repository and the engine again."""

from __future__ import annotations

from plumbum import cli

from aidevcontainer.cli.group import Command
from aidevcontainer.lifecycle import uninstall

_CODES = """
Exit codes: 0 done, 1 failed or not agreed to, 2 wrong usage, 130 Ctrl+C.
After a no to the first question, and after Ctrl+C at any, nothing was removed.
"""


class UninstallCommand(Command):
    """Take all of this out of the repository and the engine. Shows what goes, and asks."""

    yes = cli.Flag(["-y", "--yes"], help="do not ask; what is in no commit stays")
    own_files = cli.Flag("--own-files", help="remove also what is in no commit: your lists, edited files")
    keep_sign_in = cli.Flag("--keep-sign-in", help="keep the volume with Claude's sign-in and history")
    dry_run = cli.Flag(["-n", "--dry-run"], help="show, and remove nothing")
    as_json = cli.Flag("--json", help="what would go, for a program")

    def help_text(self) -> str:
        """Return the usual text, and what the exit codes mean."""
        return super().help_text() + _CODES

    def main(self) -> int:
        """Show, ask, remove."""
        options = uninstall.Options(self.yes, self.own_files, self.keep_sign_in, self.dry_run, self.as_json)
        return self.without_docker(lambda console: uninstall.run(self.current_project, options, console))
