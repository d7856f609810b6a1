"""What `planted` found, told to a person until they have looked, and then no more.

Kept in `.aidevcontainer/.planted.json`, where the agent cannot write: `git` (whether the project was a
repository when its container started), `seen` (what a person knows of, as it was then), `told` (sentences
that wait to be told).
"""

from __future__ import annotations

import os

from aidevcontainer.project.paths import Project
from aidevcontainer.util import files, light_json

# Also on the way of every session, which typing would cost milliseconds.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from aidevcontainer.git.planted import Finding

_FILE = ".planted.json"
_LOOK = "To have looked, and hear no more of it: ./.aidevcontainer/container status"


def waiting(project: Project) -> list[str]:
    """Return the sentences that a start has to tell. Cheap: it reads one small file, if there is one."""
    told = _load(project).get("told")
    return [*map(str, told), _LOOK] if isinstance(told, list) and told else []


def look(project: Project) -> list[str]:
    """Search now and return a sentence for each finding that is not known yet; remember what to tell."""
    record = _load(project)
    sentences = [finding.sentence() for finding in _unknown(project, record)]
    _store(project, {**record, "told": sentences})
    return sentences


def acknowledge(project: Project) -> None:
    """Remember that a person has seen all there is now."""
    from aidevcontainer.git import planted

    record = _load(project)
    known = [finding.known_as() for finding in planted.find(project.root, _was_no_repository(record))]
    _store(project, {**record, "seen": known, "told": []})


def begin(project: Project) -> None:
    """Before a container starts: what lies there before any agent came is the user's own."""
    record = _load(project)
    if not record:
        acknowledge(project)
        record = _load(project)
    elif not record.get("git") and os.path.lexists(os.path.join(project.root, ".git")):
        look(project)
        record = _load(project)
    _store(project, {**record, "git": os.path.lexists(os.path.join(project.root, ".git"))})


def _unknown(project: Project, record: dict[str, Any]) -> list[Finding]:
    # Reading the whole tree is for the end of a session and for commands that ask for it.
    from aidevcontainer.git import planted

    seen = record.get("seen") or []
    found = planted.find(project.root, _was_no_repository(record))
    return [finding for finding in found if finding.known_as() not in seen]


def _was_no_repository(record: dict[str, Any]) -> bool:
    return record.get("git") is False


def _load(project: Project) -> dict[str, Any]:
    return light_json.fields_of(os.path.join(project.folder, _FILE))


def _store(project: Project, record: dict[str, Any]) -> None:
    import json  # for the end of a session, not for its start

    path = os.path.join(project.folder, _FILE)
    try:
        files.write(path, json.dumps(record))
    except OSError:
        return  # a full disk must not keep anybody from working; the next search finds the same
