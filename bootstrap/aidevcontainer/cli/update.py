"""`.aidevcontainer/update`: the template's next version, merged with what this project changed."""

from __future__ import annotations

from pathlib import Path

from plumbum import cli

from aidevcontainer.cli import parser
from aidevcontainer.cli.parser import CommandLine
from aidevcontainer.project import names
from aidevcontainer.project.paths import Project
from aidevcontainer.util import lock
from aidevcontainer.util.console import Console
from aidevcontainer.util.guard import guarded

_CODES = "\nExit codes: 0 done, 1 failed or conflicts to resolve, 2 wrong usage, 3 see --check.\n"


class UpdateCommand(CommandLine):
    """Merge the template's newest version with what this project changed: shows what changes, and asks."""

    PROGNAME = "update"

    check = cli.Flag(
        "--check", excludes=["--yes"], help="only look; exit code 3: there is an update, 0: none"
    )
    show_diff = cli.Flag("--diff", help="show every line that changes")
    to = cli.SwitchAttr("--to", str, default="", argname="VERSION", help="a tag, instead of the newest")
    source = cli.SwitchAttr(
        "--source", str, default="", argname="ADDRESS", help="take the template from there from now on"
    )
    ask = cli.Flag("--ask", help="ask all questions again, with your answers as defaults")
    data = cli.SwitchAttr(["-d", "--data"], str, list=True, argname="NAME=VALUE", help="change an answer")
    yes = cli.Flag(["-y", "--yes"], help="do not ask")
    as_json = cli.Flag("--json", help="what changes, for a program (with --check or --yes)")

    def help_text(self) -> str:
        """Return the usual text, and what the exit codes mean."""
        return super().help_text() + _CODES

    def main(self) -> int:
        """Update."""
        # It needs Copier, and whoever only wants to know the switches may not have that.
        from aidevcontainer.updates import plan

        asked = self.console()
        console = Console(asked.quiet or asked.as_json, asked.as_json)
        root = Path(self.current_project.root)
        options = plan.Options(
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

        def work() -> int:
            plan.require_somebody(options)
            with lock.held(
                f"update-{names.project_name(str(root))}",
                lambda: console.say("Waiting for another update."),
            ):
                return plan.run(root, options, console)

        return guarded(console, work)


def main(project: Project, arguments: list[str]) -> int:
    """Runs the command line and returns its exit code."""
    return parser.carry_out(UpdateCommand, project, arguments)
