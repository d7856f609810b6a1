"""Conflicts of an update in which one side is always right, so that no person has to decide."""

from __future__ import annotations

from aidevcontainer.engine import claude_pin
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.updates.file_changes import File
from aidevcontainer.updates.rehearsal import UpdateOutcome

CLAUDE = f"{FOLDER}/claude.pin"
HELPERS = f"{FOLDER}/requirements.txt"
# Stages of git's index.
_OURS, _THEIRS = "2", "3"


def resolved(outcome: UpdateOutcome) -> UpdateOutcome:
    """Returns the outcome without the conflicts that can be decided here."""
    return _with_newer_claude(_with_helpers_of_template(outcome))


def _with_newer_claude(outcome: UpdateOutcome) -> UpdateOutcome:
    sides = {stage: claude_pin.parse(content) for stage, content in _sides(outcome, CLAUDE).items()}
    ours, theirs = sides.get(_OURS), sides.get(_THEIRS)
    winner = claude_pin.newer(ours, theirs) if ours and theirs else None
    stage = next((stage for stage, pin in sides.items() if winner and pin is winner), "")
    return _with_side(outcome, CLAUDE, stage)


def _with_helpers_of_template(outcome: UpdateOutcome) -> UpdateOutcome:
    # Both sides change where the template moved to another address. The helpers must fit the scaffold.
    return _with_side(outcome, HELPERS, _THEIRS)


def _sides(outcome: UpdateOutcome, path: str) -> dict[str, bytes]:
    states = (state.split() for state in outcome.conflicts.get(path, []))
    return {stage: outcome.blobs[identity] for _, identity, stage in states}


def _with_side(outcome: UpdateOutcome, path: str, stage: str) -> UpdateOutcome:
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
