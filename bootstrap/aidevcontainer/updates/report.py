"""The changes of an update by file, with each file's purpose, and the commands that put them to use."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from aidevcontainer.project import manifest
from aidevcontainer.project.manifest import RELOAD, RESTART, UP
from aidevcontainer.updates import details, resolutions
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.updates.rehearsal import UpdateOutcome
from aidevcontainer.util import table

_WHY = {
    UP: "builds the image if it changed, and asks before it ends sessions",
    RELOAD: "puts the new allowlist into force; sessions keep running",
    RESTART: "lets Claude read its new settings; ends running sessions",
}


def afterwards(changes: list[Change]) -> list[str]:
    """Returns the commands that put the changes to use, in the order to type them."""
    wanted = {manifest.entry(change.path).afterwards for change in changes if not change.path.endswith(".md")}
    return [command for command in _WHY if command in wanted]


def moves_helpers(outcome: UpdateOutcome) -> bool:
    """Returns whether the next command has to install other helpers first."""
    return any(
        change.path == resolutions.HELPERS and details.lines(change.before) != details.lines(change.after)
        for change in outcome.changes
    )


def summary(outcome: UpdateOutcome) -> str:
    """Returns the changes by purpose and file, with the hosts that open and close, and pinned versions."""
    found = [f"{outcome.before.version} → {outcome.after.version}" + _counted(outcome.changes)]
    for what in dict.fromkeys(each.what for each in (*manifest.ENTRIES, manifest.OTHER)):
        changes = [change for change in outcome.changes if manifest.entry(change.path).what == what]
        if changes:
            found += ["", f"{what[0].upper()}{what[1:]}:"]
            found += [f"  {_row(change, outcome)}" for change in changes]
            found += [f"    {detail}" for change in changes for detail in details.of(change)]
    if outcome.kept:
        found += [
            "",
            f"Kept, because you changed them (the template dropped them): {', '.join(outcome.kept)}",
        ]
    if outcome.questions:
        found += [
            "",
            f"New questions: {', '.join(outcome.questions)}. Answer them with --ask, or keep the defaults.",
        ]
    return "\n".join(found)


def commands(outcome: UpdateOutcome) -> str:
    """Returns the commands that put the outcome to use, each with its effect; empty where none is needed."""
    wanted = afterwards(outcome.changes)
    return table.text([(command, _WHY[command]) for command in wanted], indent=2, gap=3) if wanted else ""


def diff(outcome: UpdateOutcome) -> str:
    """Returns all changes as a unified diff."""
    return "".join(line for change in outcome.changes for line in _diff(change))


def as_json(outcome: UpdateOutcome, applied: bool) -> dict[str, Any]:
    """Returns the outcome for a program."""
    return {
        "from": outcome.before.version,
        "to": outcome.after.version,
        "applied": applied,
        "changes": [_change_as_json(change, outcome) for change in outcome.changes],
        "conflicts": sorted(outcome.conflicts),
        "kept": outcome.kept,
        "questions": outcome.questions,
        "afterwards": afterwards(outcome.changes),
    }


def _change_as_json(change: Change, outcome: UpdateOutcome) -> dict[str, Any]:
    added, removed = _lines_moved(change)
    return {
        "path": change.path,
        "change": _kind(change),
        "added": added,
        "removed": removed,
        "what": manifest.entry(change.path).what,
        "security": manifest.entry(change.path).security,
        "conflict": change.path in outcome.conflicts,
    }


def _counted(changes: list[Change]) -> str:
    security = sum(manifest.entry(change.path).security for change in changes)
    files = f"{len(changes)} file{'s' if len(changes) != 1 else ''}"
    decide = "decides" if security == 1 else "decide"
    return f": {files}, {security} of them {decide} what runs, as whom, or what may be reached"


def _row(change: Change, outcome: UpdateOutcome) -> str:
    added, removed = _lines_moved(change)
    conflict = "  CONFLICT with your change" if change.path in outcome.conflicts else ""
    name = change.path.partition("/")[2] or change.path
    return f"{_kind(change):<8} {name}  +{added} -{removed}{_mode(change)}{conflict}"


def _mode(change: Change) -> str:
    before, after = change.before, change.after
    if not (before and after) or before.executable == after.executable:
        return ""
    return "  now executable" if after.executable else "  now not executable"


def _kind(change: Change) -> str:
    return "new" if change.before is None else "deleted" if change.after is None else "changed"


def _lines_moved(change: Change) -> tuple[int, int]:
    moved = [line[0] for line in _diff(change) if line[0] in "+-" and line[:3] not in ("+++", "---")]
    return moved.count("+"), moved.count("-")


def _diff(change: Change) -> Iterator[str]:
    names = (
        f"a/{change.path}" if change.before else "/dev/null",
        f"b/{change.path}" if change.after else "/dev/null",
    )
    compared = difflib.unified_diff(_text(change.before), _text(change.after), *names, lineterm="")
    yield from (f"{line}\n" for line in compared)


def _text(file: File | None) -> list[str]:
    return file.content.decode("utf-8", "replace").splitlines() if file else []
