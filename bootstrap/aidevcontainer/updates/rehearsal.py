"""An update by Copier in a repository of its own, to be looked at before it touches anything.

The template's files of the project are copied into a temporary repository, where Copier merges. A huge
project takes no longer than a small one, and an interruption costs nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import copier
import yaml

from aidevcontainer.git.runner import Git
from aidevcontainer.project import record
from aidevcontainer.project.record import Record
from aidevcontainer.updates import copier_errors, file_changes, relocated, workbench
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.updates.request import UpdateRequest


class UpdateOutcome(NamedTuple):
    """The result of an update: changes by file, conflicts as entries of git's index, and answers.

    An entry is `mode id stage`, and `blobs` has the content of every id. `kept` are files that the template
    dropped and the project had changed.
    """

    changes: list[Change]
    kept: list[str]
    conflicts: dict[str, list[str]]
    blobs: dict[str, bytes]
    before: Record
    after: Record

    @property
    def questions(self) -> list[str]:
        """The names of questions that are new."""
        return [name for name in self.after.answers if name not in self.before.answers]


def update(root: Path, tracked: list[str], answers: Record, request: UpdateRequest) -> UpdateOutcome:
    """Returns the outcome for the `tracked` files of the project at `root`. Raises Problem."""
    with workbench.folder_for(root) as copy:
        files = {name: file for name in tracked for file in [file_changes.read(root / name)] if file}
        git = workbench.commit(copy, relocated.files(files, answers, root))
        asks = request.ask != "nothing"
        with copier_errors.explained(answers, request), workbench.for_copier(root, asks=asks):
            _run(copy, answers, request)
        after = file_changes.read_all(copy)
        conflicts = _conflicts(git)
        blobs = _blobs(git, conflicts)
    changes = file_changes.compare(files, after)
    kept = _edited(root, answers, changes)
    changes = [change for change in changes if change.path not in kept]
    new = record.of(answers.file, yaml.safe_load(after[answers.file].content))
    return UpdateOutcome(changes, kept, conflicts, blobs, answers, new)


def _edited(root: Path, answers: Record, changes: list[Change]) -> list[str]:
    """Returns the deleted files that the project had changed: Copier deletes them even so."""
    deleted = [change for change in changes if change.after is None]
    original = _as_recorded(root, answers) if deleted else {}
    return [change.path for change in deleted if change.before != original.get(change.path)]


def _as_recorded(root: Path, answers: Record) -> dict[str, File]:
    request = UpdateRequest(answers.version, {}, "nothing")
    with workbench.folder_for(root) as copy:
        with copier_errors.explained(answers, request), workbench.for_copier(root, asks=False):
            copier.run_copy(answers.source, copy, answers.answers, **_options(answers, request))
        return file_changes.read_all(copy)


def _run(copy: Path, answers: Record, request: UpdateRequest) -> None:
    skip = request.ask == "new"
    copier.run_update(copy, dict(request.data), skip_answered=skip, **_options(answers, request))


def _options(answers: Record, request: UpdateRequest) -> dict[str, Any]:
    return {
        "answers_file": answers.file,
        "vcs_ref": request.version or None,
        "defaults": request.ask == "nothing",
        "overwrite": True,
        "quiet": True,
        "unsafe": False,
        # A person's own settings may trust templates, and give other answers.
        "settings": copier.Settings(),
    }


def _conflicts(git: Git) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in git.names("list conflicts", "ls-files", "--unmerged", "-z"):
        state, _, name = entry.partition("\t")
        found.setdefault(name, []).append(state)
    return found


def _blobs(git: Git, conflicts: dict[str, list[str]]) -> dict[str, bytes]:
    ids = {state.split()[1] for states in conflicts.values() for state in states}
    return {each: git.check("read a temporary repository", "cat-file", "blob", each) for each in ids}
