"""Writes an update into the project: all of it or nothing, and never over a file that git does not track."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from aidevcontainer.git.runner import Git
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.updates import checks, file_changes
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.updates.rehearsal import UpdateOutcome
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem


def without_personal(root: Path, changes: list[Change]) -> list[Change]:
    """Returns the changes without new files that this machine or person already has. Raises Problem.

    The scaffold's own `.gitignore` names such files. Any other file that is there was ignored by mistake.
    """
    there = [change for change in changes if change.before is None and os.path.lexists(root / change.path)]
    foreign = [change.path for change in there if not _is_personal(Git(root), change.path)]
    if foreign:
        raise Problem(checks.ignored_sentence(foreign))
    return [change for change in changes if change not in there]


def apply(root: Path, outcome: UpdateOutcome) -> None:
    """Writes all changes, the answers file last, and records the conflicts in git's index.

    Raises Problem, and has changed nothing then.
    """
    changes = sorted(outcome.changes, key=lambda change: change.path == outcome.after.file)
    with _uninterrupted():
        _require_unchanged(root, changes)
        _write_all(root, changes)
        _record_conflicts(root, outcome)


def _is_personal(git: Git, path: str) -> bool:
    found = git.ask("check-ignore", "--verbose", "-z", "--stdin", input=os.fsencode(path)) or b""
    source, _, rule, *_ = os.fsdecode(found).split("\0") if found else ("", "", "")
    return source.endswith(f"{FOLDER}/.gitignore") and not rule.startswith("!")


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignores Ctrl+C for a moment: half an update is worse than either end."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _require_unchanged(root: Path, changes: list[Change]) -> None:
    moved = [change.path for change in changes if file_changes.read(root / change.path) != change.before]
    if moved:
        raise Problem(
            f"{moved[0]} was changed in the meantime, so nothing was updated. Commit it, and run the update "
            "again."
        )


def _write_all(root: Path, changes: list[Change]) -> None:
    done: list[Change] = []
    try:
        for change in changes:
            done.append(change)
            _put(root / change.path, change.after)
    except OSError as error:
        for change in reversed(done):
            with contextlib.suppress(OSError):
                _put(root / change.path, change.before)
        raise Problem(
            f"{error.filename or root} could not be written ({error.strerror}), so every file was put back "
            "as it was."
        ) from error


def _put(place: Path, file: File | None) -> None:
    if file is None:
        place.unlink(missing_ok=True)
        _remove_empty(place.parent)
        return
    files.make_folders(str(place.parent))
    if file.link:
        place.unlink(missing_ok=True)
        place.symlink_to(os.fsdecode(file.content))
        files.give_link(str(place))
        return
    # The umask's rights, as git would give them. A link in its place is replaced, not followed.
    mask = os.umask(0)
    os.umask(mask)
    files.write(str(place), file.content, (0o777 if file.executable else 0o666) & ~mask)


def _remove_empty(folder: Path) -> None:
    while folder.name != FOLDER:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _record_conflicts(root: Path, outcome: UpdateOutcome) -> None:
    """Makes git list the conflicts as after a merge: three versions in the index beside the marked file."""
    if not outcome.conflicts:
        return
    git = Git(root)
    prefix = os.fsdecode(git.check("find its top folder", "rev-parse", "--show-prefix")).rstrip("\n")
    top = os.fsdecode(git.check("find its top folder", "rev-parse", "--show-toplevel")).rstrip("\n")
    ids = {old: _store(git, content) for old, content in outcome.blobs.items()}
    lines: list[str] = []
    for path, states in outcome.conflicts.items():
        lines.append(f"0 {'0' * len(next(iter(ids.values())))}\t{prefix}{path}")
        for mode, old, stage in (state.split() for state in states):
            lines.append(f"{mode} {ids[old]} {stage}\t{prefix}{path}")
    text = "".join(f"{line}\0" for line in lines)
    Git(Path(top)).check(
        "record the conflicts", "update-index", "-z", "--index-info", input=os.fsencode(text)
    )


def _store(git: Git, content: bytes) -> str:
    stored = git.check("store the versions", "hash-object", "-w", "--no-filters", "--stdin", input=content)
    return stored.decode().strip()
