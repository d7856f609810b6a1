"""What `./.aidevcontainer/update` does, apart from its command line: this needs Copier."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import questionary

from aidevcontainer.project import record
from aidevcontainer.updates import apply as update_apply
from aidevcontainer.updates import checks, rehearsal, report, resolutions
from aidevcontainer.updates.copier_errors import Request
from aidevcontainer.updates.rehearsal import Outcome
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem

_AVAILABLE = 3  # the exit code of --check when there is something to update


class Options(NamedTuple):
    """The command line."""

    yes: bool
    check: bool
    quiet: bool
    as_json: bool
    show_diff: bool
    ask: bool
    to: str
    source: str
    data: list[str]

    @property
    def decided(self) -> bool:
        """Whether nobody has to agree to anything."""
        return self.yes or self.check


def require_somebody(options: Options) -> None:
    """Raise Problem, as wrong usage, where a question would meet nobody."""
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if options.as_json and not options.decided:
        raise Problem("--json asks nothing, so it needs --check or --yes.", WRONG_USAGE)
    if options.ask and not terminal:
        raise Problem("There is no terminal to ask on: give answers with --data NAME=VALUE.", WRONG_USAGE)
    if not (terminal or options.decided):
        raise Problem(
            "There is no terminal to ask on: --check shows what would change, --yes does it.", WRONG_USAGE
        )


def run(root: Path, options: Options, console: Console) -> int:
    """Show, ask, update; return the exit code. Raises Problem."""
    outcome = _rehearse(root, options, console)
    _show(outcome, options)
    code = _carry_out(root, outcome, options, console) if outcome.changes else 0
    if options.as_json:
        # What was said to be done is done by now.
        applied = bool(outcome.changes) and options.yes
        sys.stdout.write(json.dumps(report.as_json(outcome, applied), indent=2) + "\n")
    return code


def _carry_out(root: Path, outcome: Outcome, options: Options, console: Console) -> int:
    if options.check:
        return _AVAILABLE
    if not options.yes and not _agreed():
        console.say("Nothing was changed.")
        return 0
    update_apply.apply(root, outcome)
    _report(outcome, console)
    return FAILED if outcome.conflicts else 0


def _rehearse(root: Path, options: Options, console: Console) -> Outcome:
    answers = record.read(str(root))
    if options.source:
        answers = answers._replace(source=options.source)
    else:
        checks.require_same_source(root, answers)
    tracked = checks.require_updatable(root, answers)
    request = Request(options.to, rehearsal.options(options.data), "all" if options.ask else "nothing")
    console.say(f"Looking at the template ({answers.source}).")
    outcome = rehearsal.update(root, tracked, answers, request)
    if outcome.questions and not (options.ask or options.decided) and sys.stdin.isatty():
        outcome = rehearsal.update(root, tracked, answers, request._replace(ask="new"))
    outcome = outcome._replace(changes=update_apply.without_personal(root, outcome.changes))
    return resolutions.resolved(outcome)


def _show(outcome: Outcome, options: Options) -> None:
    # Whoever is asked has to see what about.
    if options.as_json or (options.quiet and options.decided):
        return
    if outcome.changes:
        sys.stdout.write(report.summary(outcome) + "\n\n")
        sys.stdout.write(report.diff(outcome) + "\n" if options.show_diff else "")
    else:
        version = outcome.before.version
        sys.stdout.write(f"Nothing to do: this project has {version}, and your answers are in it.\n")
    sys.stdout.flush()


def _report(outcome: Outcome, console: Console) -> None:
    if outcome.conflicts:
        console.warn(_conflicts(outcome))
    commands = report.commands(outcome)
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
