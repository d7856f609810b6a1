"""`.aidevcontainer/update`: merges the template's newest version with this project's changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plumbum import cli

from aidevcontainer.cli import parser
from aidevcontainer.cli.parser import CommandLine
from aidevcontainer.project import names
from aidevcontainer.project.paths import Project
from aidevcontainer.util import lock
from aidevcontainer.util.console import Console
from aidevcontainer.util.guard import guarded

if TYPE_CHECKING:
    from aidevcontainer.updates.plan import UpdateOptions

_CODES = "\nExit codes: 0 done, 1 failed or conflicts to resolve, 2 wrong usage, 3 see --check.\n"


class UpdateCommand(CommandLine):
    """Merge the template's newest version with this project's changes. Shows the result, and asks."""

    PROGNAME = "update"

    check = cli.Flag(
        "--check", excludes=["--yes"], help="only look; exit code 3: there is an update, 0: there is none"
    )
    show_diff = cli.Flag("--diff", help="show every changed line")
    to = cli.SwitchAttr("--to", str, default="", argname="VERSION", help="a tag, instead of the newest")
    source = cli.SwitchAttr(
        "--source", str, default="", argname="ADDRESS", help="take the template from there from now on"
    )
    ask = cli.Flag("--ask", help="ask all questions again, with your answers as defaults")
    data = cli.SwitchAttr(["-d", "--data"], str, list=True, argname="NAME=VALUE", help="change an answer")
    yes = cli.Flag(["-y", "--yes"], help="do not ask")
    as_json = cli.Flag("--json", help="print JSON (with --check or --yes)")

    def help_text(self) -> str:
        """Returns the usual text, and the exit codes."""
        return super().help_text() + _CODES

    def main(self) -> int:
        """Updates."""
        # Importing Copier takes long, and the help does not need it.
        from aidevcontainer.updates import plan

        asked = self.console()
        console = Console(asked.quiet or asked.as_json, asked.as_json)
        options = plan.UpdateOptions(
            yes=bool(self.yes),
            check=bool(self.check),
            quiet=asked.quiet,
            as_json=asked.as_json,
            show_diff=bool(self.show_diff),
            ask=bool(self.ask),
            to=self.to,
            source=self.source,
            data=list(self.data),
        )
        return guarded(console, lambda: _update(Path(self.current_project.root), options, console))


def main(project: Project, arguments: list[str]) -> int:
    """Runs the command line and returns its exit code."""
    return parser.carry_out(UpdateCommand, project, arguments)


def _update(root: Path, options: UpdateOptions, console: Console) -> int:
    from aidevcontainer.updates import plan

    plan.require_terminal(options)
    name = f"update-{names.project_name(str(root))}"
    with lock.held(name, lambda: console.say("Waiting for another update of this project.")):
        return plan.run(root, options, console)
