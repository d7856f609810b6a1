"""Notices about the findings of `planted`: each start shows them until a person dismisses them.

The record is `.aidevcontainer/.planted.json`, which the agent cannot write: `git` (whether the project was a
repository when its container started), `seen` (the dismissed findings as they were then), `told` (the
sentences that the next start shows).
"""

from __future__ import annotations

import os

from aidevcontainer.project.paths import Project
from aidevcontainer.util import files, light_json

# What typing has under this name costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from aidevcontainer.git.plant import Plant

_FILE = ".planted.json"
_LOOK = "To dismiss this: ./.aidevcontainer/container status"
_MOST = 5


def waiting(project: Project) -> list[str]:
    """Returns the sentences that a start shows. Fast: it reads at most one small file."""
    told = _load(project).get("told")
    return [*map(str, told), _LOOK] if isinstance(told, list) and told else []


def look(project: Project) -> list[str]:
    """Searches now, returns a sentence for each new finding, and remembers them for the next start."""
    record = _load(project)
    sentences = [finding.sentence() for finding in _unknown(project, record)]
    _store(project, {**record, "told": _brief(sentences)})
    return sentences


def look_at_end(project: Project) -> list[str]:
    """Searches as `look` does, and returns the sentences that a session's end shows."""
    return _brief(look(project))


def acknowledge(project: Project) -> None:
    """Dismisses all present findings."""
    from aidevcontainer.git import planted

    record = _load(project)
    known = [finding.known_as() for finding in planted.find(project.root, _was_no_repository(record))]
    _store(project, {**record, "seen": known, "told": []})


def begin(project: Project) -> None:
    """Prepares a container's start: files that exist before the first agent are the user's own."""
    record = _load(project)
    git = os.path.join(project.root, ".git")
    if not record:
        _store(project, {"git": _is_protected(git)})
        acknowledge(project)
    elif not record.get("git") and os.path.lexists(git):
        look(project)
    _store(project, {**_load(project), "git": _is_protected(git)})


def _is_protected(git: str) -> bool:
    # No mount can hold a link in its place, so the agent can replace it.
    return os.path.lexists(git) and not os.path.islink(git)


def _brief(sentences: list[str]) -> list[str]:
    more = len(sentences) - _MOST
    return [*sentences[:_MOST], f"{more} more findings of this kind."] if more > 0 else sentences


def _unknown(project: Project, record: dict[str, Any]) -> list[Plant]:
    # Searching the whole tree is for the end of a session and for commands that ask for it.
    from aidevcontainer.git import planted

    seen = record.get("seen") or []
    found = planted.find(project.root, _was_no_repository(record))
    return [finding for finding in found if finding.known_as() not in seen]


def _was_no_repository(record: dict[str, Any]) -> bool:
    return record.get("git") is False


def _load(project: Project) -> dict[str, Any]:
    return light_json.fields_of(os.path.join(project.folder, _FILE))


def _store(project: Project, record: dict[str, Any]) -> None:
    import json  # not for the start of a session, where it would cost time

    path = os.path.join(project.folder, _FILE)
    try:
        files.write(path, json.dumps(record))
    except OSError:
        return  # a full disk must not stop a session; the next search finds the same
