"""`.aidevcontainer/update`: the template's next version, merged with what this project changed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import questionary
from plumbum import cli

from bootstrap import (
    githook,
    identity,
    lock,
    rehearsal,
    template_record,
    update_apply,
    update_checks,
    update_pin,
    update_report,
)
from bootstrap.console import Console
from bootstrap.guard import guarded
from bootstrap.problem import FAILED, WRONG_USAGE, Problem
from bootstrap.project import of_scaffold
from bootstrap.rehearsal import Outcome
from bootstrap.update_errors import Request

_AVAILABLE = 3  # the exit code of --check when there is something to update
_HELP = """\
Usage: ./.aidevcontainer/update [OPTIONS]

Merges the template's newest version with what this project changed: shows what will change, asks, does it.
Works from every directory. Nothing is touched before you agree, and nothing of yours is overwritten.

  --check                only show what would happen; exit code 3: there is an update, 0: there is none
  --diff                 show every line that changes
  --to VERSION           this version (a tag of the template) instead of the newest
  --source ADDRESS       take the template from there from now on
  --ask                  ask all questions again, with your answers as defaults
  -d, --data NAME=VALUE  change an answer
  -y, --yes              do not ask
  --json                 what changes, for a program (with --check or --yes)
  -q, --quiet            say only what went wrong

Exit codes: 0 done, 1 failed or conflicts to resolve, 2 wrong usage, 3 see --check.

Examples:
  ./.aidevcontainer/update --check             is there anything new?
  ./.aidevcontainer/update --diff              look at every line, then decide
  ./.aidevcontainer/update -d git_hook=true    only change an answer
"""


class UpdateCommand(cli.Application):
    """Update this project to the template's next version."""

    PROGNAME = "update"

    quiet = cli.Flag(["-q", "--quiet"])
    yes = cli.Flag(["-y", "--yes"])
    check = cli.Flag(["--check"], excludes=["--yes"])
    as_json = cli.Flag(["--json"])
    show_diff = cli.Flag(["--diff"])
    ask = cli.Flag(["--ask"])
    to = cli.SwitchAttr(["--to"], str, default="", argname="VERSION")
    source = cli.SwitchAttr(["--source"], str, default="", argname="ADDRESS")
    data = cli.SwitchAttr(["-d", "--data"], str, list=True, argname="NAME=VALUE")

    @cli.switch(["-h", "--help"], overridable=True, group="Meta-switches")
    def help(self) -> None:
        """Print this text."""
        sys.stdout.write(_HELP)

    def main(self) -> int:
        """Update."""
        console = Console(bool(self.quiet or self.as_json))
        root = Path(of_scaffold(__file__).root)

        def work() -> int:
            self._require_somebody()
            with lock.held(
                f"update-{identity.project_name(str(root))}",
                lambda: console.say("Waiting for another update."),
            ):
                return self._update(root, console)

        return guarded(console, work)

    def _require_somebody(self) -> None:
        terminal = sys.stdin.isatty() and sys.stderr.isatty()
        if self.as_json and not (self.check or self.yes):
            raise Problem("--json asks nothing, so it needs --check or --yes.", WRONG_USAGE)
        if self.ask and not terminal:
            raise Problem("There is no terminal to ask on: give answers with --data NAME=VALUE.", WRONG_USAGE)
        if not (terminal or self.yes or self.check):
            raise Problem(
                "There is no terminal to ask on: --check shows what would change, --yes does it.", WRONG_USAGE
            )

    def _update(self, root: Path, console: Console) -> int:
        outcome = self._rehearse(root, console)
        if not outcome.changes:
            self._print(
                outcome,
                f"Nothing to do: this project has {outcome.before.version}, and your answers are in it.",
            )
            return 0
        self._print(outcome, update_report.summary(outcome) + "\n")
        if self.show_diff and not self.as_json:
            sys.stdout.write(update_report.diff(outcome) + "\n")
        if self.check:
            return _AVAILABLE
        if not self.yes and not _agreed():
            console.say("Nothing was changed.")
            return 0
        update_apply.apply(root, outcome)
        self._report(root, outcome, console)
        return FAILED if outcome.conflicts else 0

    def _rehearse(self, root: Path, console: Console) -> Outcome:
        answers = template_record.read(str(root))
        if self.source:
            answers = answers._replace(source=self.source)
        else:
            update_checks.require_same_source(root, answers)
        tracked = update_checks.require_updatable(root, answers)
        request = Request(self.to, rehearsal.options(list(self.data)), "all" if self.ask else "nothing")
        console.say(f"Looking at the template ({answers.source}).")
        outcome = rehearsal.update(root, tracked, answers, request)
        if outcome.questions and not (self.ask or self.yes or self.check) and sys.stdin.isatty():
            outcome = rehearsal.update(root, tracked, answers, request._replace(ask="new"))
        outcome = outcome._replace(changes=update_apply.without_personal(root, outcome.changes))
        return update_pin.resolved(outcome)

    def _print(self, outcome: Outcome, text: str) -> None:
        if self.as_json:
            applied = bool(outcome.changes) and bool(self.yes)
            sys.stdout.write(json.dumps(update_report.as_json(outcome, applied), indent=2) + "\n")
        elif not self.quiet or not self.yes:
            sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def _report(self, root: Path, outcome: Outcome, console: Console) -> None:
        if outcome.conflicts:
            console.warn(_conflicts(outcome))
        commands = update_report.commands(outcome, hook=_hook_is_outdated(root))
        if commands:
            console.say(
                "Updated. To take it into "
                f"use{' when the conflicts are resolved' * bool(outcome.conflicts)}:\n"
                f"{commands}"
            )
        else:
            console.say("Updated. Nothing needs a restart.")
        if not outcome.conflicts:
            console.say("Look at it with git diff, then commit it: git add --all && git commit")


def _agreed() -> bool:
    return bool(questionary.confirm("Update this project?", default=False).unsafe_ask())


def _conflicts(outcome: Outcome) -> str:
    names = sorted(outcome.conflicts)
    lines = [
        "You and the template changed the same lines. Both versions stand in these files, between <<<<<<< "
        "and >>>>>>>:",
        *(f"  {name}" for name in names),
        "In each, keep the lines that you want and delete the markers, then: git add " + " ".join(names),
    ]
    if any("domains" in name for name in names):
        lines.append(
            "Until then the firewall refuses the list, and the rules that are in force stay in force."
        )
    if any(name.endswith("claude.pin") for name in names):
        lines.append("Until then no image is built.")
    return "\n".join(lines)


def _hook_is_outdated(root: Path) -> bool:
    try:
        hook = githook.locate(root)
        return hook.installed() and not hook.current()
    except (Problem, OSError):
        return False


def main(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    _, code = UpdateCommand.run([f"{os.curdir}/.aidevcontainer/update", *arguments], exit=False)
    return int(code or 0)
