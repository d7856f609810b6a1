"""What an update changes, by file, with what each file is; and what to do afterwards."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from aidevcontainer.project import manifest
from aidevcontainer.project.manifest import RELOAD, RESTART, UP
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.updates.rehearsal import Outcome

_WHY = {
    UP: "builds the image where needed, and asks before sessions end",
    RELOAD: "takes the new list of hosts into force; sessions go on",
    RESTART: "lets Claude read its new settings; ends running sessions",
}


def afterwards(changes: list[Change]) -> list[str]:
    """Return the commands that take the changes into use, in the order in which they make sense."""
    wanted = {
        manifest.entry(change.path).afterwards
        for change in changes
        if not _is_only_documentation(change.path)
    }
    return [command for command in _WHY if command in wanted]


def _is_only_documentation(path: str) -> bool:
    return path.endswith(".md")


def summary(outcome: Outcome) -> str:
    """Return the changes by kind and file, with the hosts that open and close, and Claude's version."""
    lines = [f"{outcome.before.version} → {outcome.after.version}" + _counted(outcome.changes)]
    for what in dict.fromkeys(each.what for each in (*manifest.ENTRIES, manifest.OTHER)):
        changes = [change for change in outcome.changes if manifest.entry(change.path).what == what]
        if changes:
            lines += ["", f"{what[0].upper()}{what[1:]}:"]
            lines += [f"  {_row(change, outcome)}" for change in changes]
            lines += [f"    {detail}" for change in changes for detail in _details(change)]
    if outcome.kept:
        lines += [
            "",
            f"No longer the template's, and kept {', '.join(outcome.kept)}, since you changed them.",
        ]
    if outcome.questions:
        lines += [
            "",
            f"New questions: {', '.join(outcome.questions)}. Answer them with --ask, else the defaults hold.",
        ]
    return "\n".join(lines)


def commands(outcome: Outcome) -> str:
    """Returns what to type afterwards, each with its reason."""
    wanted = afterwards(outcome.changes)
    width = max((len(command) for command in wanted), default=0)
    return "\n".join(f"  {command:<{width}}   {_WHY[command]}" for command in wanted)


def diff(outcome: Outcome) -> str:
    """Return all changes as a unified diff."""
    return "".join(line for change in outcome.changes for line in _diff(change))


def as_json(outcome: Outcome, applied: bool) -> dict[str, Any]:
    """Return the outcome for a program."""
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


def _change_as_json(change: Change, outcome: Outcome) -> dict[str, Any]:
    added, removed = _lines_moved(change)
    return {
        "path": change.path,
        "change": _word(change),
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


def _row(change: Change, outcome: Outcome) -> str:
    added, removed = _lines_moved(change)
    moved = f"+{added} -{removed}"
    conflict = "  CONFLICT with your change" if change.path in outcome.conflicts else ""
    mode = (
        ""
        if _same_mode(change)
        else f"  now {'' if change.after and change.after.executable else 'not '}executable"
    )
    return f"{_word(change):<8} {change.path.partition('/')[2] or change.path}  {moved}{mode}{conflict}"


def _same_mode(change: Change) -> bool:
    return not (change.before and change.after) or change.before.executable == change.after.executable


def _word(change: Change) -> str:
    return "new" if change.before is None else "deleted" if change.after is None else "changed"


def _details(change: Change) -> Iterator[str]:
    before, after = _entries(change.before), _entries(change.after)
    name = change.path.partition("/")[2]
    if name == "allowed-domains.txt":
        yield from (f"opens {entry}" for entry in after if entry not in before)
        yield from (f"closes {entry}" for entry in before if entry not in after)
    if name == "claude.pin":
        old, new = _version(before), _version(after)
        if old != new:
            yield f"Claude Code {old} → {new}"


def _entries(file: File | None) -> list[str]:
    lines = (line.split("#")[0].strip() for line in _text(file))
    return [line for line in lines if line and not line.startswith(("<<<<<<<", "=======", ">>>>>>>"))]


def _version(entries: list[str]) -> str:
    return next((entry.split()[1] for entry in entries if entry.startswith("version ")), "?")


def _text(file: File | None) -> list[str]:
    return file.content.decode("utf-8", "replace").splitlines() if file else []


def _lines_moved(change: Change) -> tuple[int, int]:
    moved = [line[0] for line in _diff(change) if line[0] in "+-" and line[:3] not in ("+++", "---")]
    return moved.count("+"), moved.count("-")


def _diff(change: Change) -> Iterator[str]:
    names = (
        f"a/{change.path}" if change.before else "/dev/null",
        f"b/{change.path}" if change.after else "/dev/null",
    )
    lines = difflib.unified_diff(_text(change.before), _text(change.after), *names, lineterm="")
    yield from (f"{line}\n" for line in lines)
