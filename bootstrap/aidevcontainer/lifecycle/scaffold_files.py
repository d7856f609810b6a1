"""The scaffold's files in a repository, told apart from the files that a person put there."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.git import tracked
from aidevcontainer.git.tracked import Tracked
from aidevcontainer.project import manifest
from aidevcontainer.project.manifest import FOLDER, Owner
from aidevcontainer.util import removal
from aidevcontainer.util.removal import Stuck

# People edit these, and without a commit only the time tells an edit.
_EDITABLE = tuple(name for name in manifest.owned_by(Owner.PROJECT) if name != "README.md")
_COPY_SECONDS = 60  # the time that Copier may take to write all files
# The content, without comments, of files that a person has not filled in yet.
_UNTOUCHED = {"allowed-domains.local.txt": "", "docker-compose.override.yml": "services: {}"}
# Without them nobody could start an uninstall again.
_NEEDED = ("container", "launch.sh", "install.sh", "requirements.txt")
_QUESTIONS = ("allowed_bundles:", "skip_permissions:")
_FOREIGN = "not the template's"


class ScaffoldFiles(NamedTuple):
    """Paths relative to the project. `own`: not committed, with the reason; `edited`: not as committed.

    `tracked`: whether a commit can bring the folder back.
    """

    answers: list[str]
    own: dict[str, str]
    edited: list[str]
    tracked: bool

    def keeping_edited(self, root: Path) -> ScaffoldFiles:
        """Returns the same with every edited file that still exists as a person's own."""
        edited = {name: "edited" for name in self.edited if (root / name).exists()}
        return self._replace(own={**self.own, **edited})


def collect(root: Path) -> ScaffoldFiles:
    """Looks at the repository at `root`, a real path.

    Raises Problem where git does not answer, since nobody then knows what a commit can bring back.
    """
    found = tracked.read(root, FOLDER)
    edited = [file.name for file in found.files if file.differs_from(root / file.name)]
    return ScaffoldFiles(_answers(root), _own(root, found), edited, bool(found.committed))


def collect_without_git(root: Path) -> ScaffoldFiles:
    """Looks at the files alone, for a person who agrees to lose those that are not committed."""
    return ScaffoldFiles(_answers(root), _own(root, tracked.NOTHING), [], False)


def remove(root: Path, files: ScaffoldFiles, with_own: bool) -> list[Stuck]:
    """Deletes the scaffold, and returns what could not be deleted.

    A person's own files, and the folder with them, stay unless `with_own`. What a second run needs goes last.
    """
    own = set() if with_own else {str(root / name) for name in files.own}
    needed = {str(root / FOLDER / name) for name in _NEEDED}
    stuck = removal.tree(str(root / FOLDER), own | needed)
    if stuck:
        return stuck
    for name in files.answers:
        (root / name).unlink(missing_ok=True)
    return removal.tree(str(root / FOLDER), own)


def _answers(root: Path) -> list[str]:
    return [path.name for path in sorted(root.glob(".copier-answers*.y*ml")) if _is_ours(path)]


def _is_ours(answers: Path) -> bool:
    text = answers.read_text(encoding="utf-8", errors="replace")
    return all(f"\n{question}" in f"\n{text}" for question in _QUESTIONS)


def _own(root: Path, found: Tracked) -> dict[str, str]:
    own = {**_filled_in(root / FOLDER), **_added(root / FOLDER)}
    if not found.committed:
        own.update(dict.fromkeys(_edited(root / FOLDER), "edited"))
    # Git lists every file of the template too, where it tracks none.
    others = found.others if found.files else []
    new = [*others, *(name for name in found.ignored if _is_newer(root, name))]
    own.update({name: _FOREIGN for name in new if not _is_below(name, own)})
    return {name: why for name, why in own.items() if name not in found.committed}


def _filled_in(folder: Path) -> dict[str, str]:
    return {
        f"{FOLDER}/{name}": "yours"
        for name, empty in _UNTOUCHED.items()
        if _content(folder / name) not in ("", empty)
    }


def _added(folder: Path) -> dict[str, str]:
    own = [entry for entry in sorted(os.listdir(folder)) if entry not in manifest.top_level(*Owner)]
    for path in sorted((folder / "ca").glob("*")):
        if path.name != "README.md" and not path.name.startswith("host-"):
            own.append(f"ca/{path.name}")
    return {f"{FOLDER}/{name}": _FOREIGN for name in own}


def _edited(folder: Path) -> list[str]:
    names = [f"{FOLDER}/{name}" for name in _EDITABLE]
    return [name for name in names if _is_newer(folder.parent, name)]


def _is_newer(root: Path, name: str) -> bool:
    """Returns whether a file that no helper writes is well newer than a file which nobody edits."""
    written = _time(root / FOLDER / "project.json") + _COPY_SECONDS
    is_machines = fnmatch(name, f"{FOLDER}/{manifest.MACHINE_CERTIFICATES}")
    owned = manifest.entry(name).owner in (Owner.TEMPLATE, Owner.PROJECT) and not is_machines
    return owned and _time(root / name) > written


def _time(file: Path) -> float:
    try:
        return file.lstat().st_mtime
    except OSError:
        return 0.0


def _is_below(name: str, found: dict[str, str]) -> bool:
    return any(name == each or name.startswith(f"{each}/") for each in found)


def _content(file: Path) -> str:
    if not file.is_file():
        return ""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
