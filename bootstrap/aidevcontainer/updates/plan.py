"""The steps of `./.aidevcontainer/update`: rehearse, show, ask, apply, report."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import questionary

from aidevcontainer.project import record
from aidevcontainer.updates import apply, checks, rehearsal, report, request, resolutions
from aidevcontainer.updates.rehearsal import UpdateOutcome
from aidevcontainer.updates.request import UpdateRequest
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem
from aidevcontainer.util.printable import answer

_AVAILABLE = 3  # the exit code of --check when there is something to update


class UpdateOptions(NamedTuple):
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
        """Whether nothing is left to agree to."""
        return self.yes or self.check


def require_terminal(options: UpdateOptions) -> None:
    """Raises Problem, as wrong usage, where a question could not be answered."""
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if options.as_json and not options.decided:
        raise Problem("--json asks nothing, so it needs --check or --yes.", WRONG_USAGE)
    if options.ask and not terminal:
        raise Problem("There is no terminal to ask on. Give answers with --data NAME=VALUE.", WRONG_USAGE)
    if not (terminal or options.decided):
        raise Problem(
            "There is no terminal to ask on. To see the changes: --check. To update: --yes", WRONG_USAGE
        )


def run(root: Path, options: UpdateOptions, console: Console) -> int:
    """Shows, asks, updates, and returns the exit code. Raises Problem."""
    outcome = _rehearse(root, options, console)
    _show(outcome, options)
    code = _carry_out(root, outcome, options, console) if outcome.changes else 0
    if options.as_json:
        # Last, since it says whether the changes are applied.
        applied = bool(outcome.changes) and options.yes
        sys.stdout.write(json.dumps(report.as_json(outcome, applied), indent=2) + "\n")
    return code


def _carry_out(root: Path, outcome: UpdateOutcome, options: UpdateOptions, console: Console) -> int:
    if options.check:
        return _AVAILABLE
    if not options.yes and not _agreed():
        console.say("Nothing was changed.")
        return 0
    apply.apply(root, outcome)
    _report(outcome, console)
    return FAILED if outcome.conflicts else 0


def _rehearse(root: Path, options: UpdateOptions, console: Console) -> UpdateOutcome:
    answers = record.read(str(root))
    if options.source:
        answers = answers._replace(source=options.source)
    else:
        checks.require_same_source(root, answers)
    tracked = checks.require_updatable(root, answers)
    wanted = UpdateRequest(options.to, request.answers(options.data), "all" if options.ask else "nothing")
    console.say(f"Reading the template ({answers.source}).")
    outcome = rehearsal.update(root, tracked, answers, wanted)
    if outcome.questions and not (options.ask or options.decided) and sys.stdin.isatty():
        outcome = rehearsal.update(root, tracked, answers, wanted._replace(ask="new"))
    outcome = outcome._replace(changes=apply.without_personal(root, outcome.changes))
    return resolutions.resolved(outcome)


def _show(outcome: UpdateOutcome, options: UpdateOptions) -> None:
    # A person who is asked needs to see the changes, also with --quiet.
    if options.as_json or (options.quiet and options.decided):
        return
    if outcome.changes:
        answer(report.summary(outcome) + "\n\n")
        answer(report.diff(outcome) + "\n" if options.show_diff else "")
    else:
        sys.stdout.write(f"No changes: this project is at {outcome.before.version}.\n")
    sys.stdout.flush()


def _report(outcome: UpdateOutcome, console: Console) -> None:
    if outcome.conflicts:
        console.warn(_conflicts(outcome))
    console.say(_next_commands(outcome))
    if report.moves_helpers(outcome):
        console.say("The next command installs the new helpers first.")
    if not outcome.conflicts:
        console.say("To review: git diff. To commit: git add --all && git commit")


def _next_commands(outcome: UpdateOutcome) -> str:
    commands = report.commands(outcome)
    if not commands:
        return "Updated. Nothing needs a restart."
    when = " once the conflicts are resolved" if outcome.conflicts else ""
    return f"Updated. To put it to use{when}:\n{commands}"


def _agreed() -> bool:
    return bool(questionary.confirm("Update this project?", default=False).unsafe_ask())


def _conflicts(outcome: UpdateOutcome) -> str:
    names = sorted(outcome.conflicts)
    lines = [
        "You and the template changed the same lines. These files have both versions, between <<<<<<< and "
        ">>>>>>>:",
        *(f"  {name}" for name in names),
        "In each, keep the lines that you want and delete the markers, then: git add " + " ".join(names),
    ]
    if any("domains" in name for name in names):
        lines.append("Until then the firewall refuses the allowlist and keeps the rules that are in force.")
    if any(name.endswith("claude.pin") for name in names):
        lines.append("Until then no image is built.")
    return "\n".join(lines)
