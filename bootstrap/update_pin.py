"""Which Claude Code wins when an update and the project moved the pin both: the newer one."""

from __future__ import annotations

from bootstrap import pin
from bootstrap.rehearsal import Outcome
from bootstrap.template_files import FOLDER, File

PATH = f"{FOLDER}/claude.pin"
_OURS, _THEIRS = "2", "3"


def resolved(outcome: Outcome) -> Outcome:
    """Return the outcome with a conflict in the pin resolved, where both sides are whole and one is newer."""
    states = [state.split() for state in outcome.conflicts.get(PATH, [])]
    sides = {stage: pin.parse(outcome.blobs[identity]) for _, identity, stage in states}
    ours, theirs = sides.get(_OURS), sides.get(_THEIRS)
    winner = pin.newer(ours, theirs) if ours and theirs else None
    if winner is None:
        return outcome
    content = next(outcome.blobs[identity] for _, identity, stage in states if sides[stage] is winner)
    changes = [
        change._replace(after=File(content)) if change.path == PATH else change for change in outcome.changes
    ]
    conflicts = {path: lines for path, lines in outcome.conflicts.items() if path != PATH}
    return outcome._replace(
        changes=[each for each in changes if each.before != each.after], conflicts=conflicts
    )
