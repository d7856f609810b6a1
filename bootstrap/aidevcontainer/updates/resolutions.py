"""Conflicts of an update that need no person: each has a side that is always right."""

from __future__ import annotations

from aidevcontainer.engine import claude_pin
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.updates.file_changes import File
from aidevcontainer.updates.rehearsal import Outcome

CLAUDE = f"{FOLDER}/claude.pin"
HELPERS = f"{FOLDER}/requirements.txt"
_OURS, _THEIRS = "2", "3"


def resolved(outcome: Outcome) -> Outcome:
    """Returns the outcome without the conflicts that can be decided here."""
    return _newer_claude(_helpers_of_the_template(outcome))


def _newer_claude(outcome: Outcome) -> Outcome:
    """Takes the newer Claude Code, where the project and the template moved the pin and both are whole."""
    sides = {stage: claude_pin.parse(content) for stage, content in _sides(outcome, CLAUDE).items()}
    ours, theirs = sides.get(_OURS), sides.get(_THEIRS)
    winner = claude_pin.newer(ours, theirs) if ours and theirs else None
    stage = next((stage for stage, pin in sides.items() if winner and pin is winner), "")
    return _taken(outcome, CLAUDE, stage)


def _helpers_of_the_template(outcome: Outcome) -> Outcome:
    # Both sides change where the template moved to another address. The helpers must fit the scaffold.
    return _taken(outcome, HELPERS, _THEIRS)


def _sides(outcome: Outcome, path: str) -> dict[str, bytes]:
    states = (state.split() for state in outcome.conflicts.get(path, []))
    return {stage: outcome.blobs[identity] for _, identity, stage in states}


def _taken(outcome: Outcome, path: str, stage: str) -> Outcome:
    content = _sides(outcome, path).get(stage)
    if content is None:
        return outcome
    changes = [
        change._replace(after=File(content)) if change.path == path else change for change in outcome.changes
    ]
    conflicts = {name: lines for name, lines in outcome.conflicts.items() if name != path}
    return outcome._replace(
        changes=[each for each in changes if each.before != each.after], conflicts=conflicts
    )
