"""The template's files in a repository, told apart from what a person has put there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.git import runner
from aidevcontainer.project import manifest
from aidevcontainer.project.manifest import FOLDER, Owner
from aidevcontainer.util.errors import Problem

# Meant to be edited, so that nothing but the time tells an edit that was never committed.
_EDITABLE = tuple(name for name in manifest.owned_by(Owner.PROJECT) if name != "README.md")
_WRITING = 60  # seconds that the template may take to write all its files
# What a person has not touched yet, without its comments.
_UNTOUCHED = {"allowed-domains.local.txt": "", "docker-compose.override.yml": "services: {}"}
_QUESTIONS = ("allowed_bundles:", "skip_permissions:")


class Files(NamedTuple):
    """Paths relative to the project. `own`: in no commit, with why; `edited`: not as committed.

    `tracked`: whether a commit can bring the folder back.
    """

    answers: list[str]
    own: dict[str, str]
    edited: list[str]
    tracked: bool


def collect(root: Path) -> Files:
    """Look at the repository at `root`, a real path."""
    known = set(_git(root, "ls-tree", "-r", "--name-only", "HEAD", "--", FOLDER))
    # Against the index where no commit has the folder: it tells at least what was edited since git add.
    base = ["HEAD"] if known else []
    edited = _git(root, "diff", "--relative", "--name-only", *base, "--", FOLDER)
    return Files(_answers(root), _own(root, known), edited, bool(known))


def remove(root: Path, files: Files, with_own: bool) -> None:
    """Delete the scaffold; a person's own files, and the folder with them, stay unless `with_own`."""
    kept = set() if with_own else {root / name for name in files.own}
    _prune(root / FOLDER, kept)
    for name in files.answers:
        (root / name).unlink(missing_ok=True)


def _prune(folder: Path, kept: set[Path]) -> bool:
    if not any(folder in path.parents for path in kept):
        shutil.rmtree(folder)
        return True
    for entry in list(folder.iterdir()):
        if entry in kept:
            continue
        if entry.is_dir() and not entry.is_symlink():
            _prune(entry, kept)
        else:
            entry.unlink()
    return False


def _answers(root: Path) -> list[str]:
    return [path.name for path in sorted(root.glob(".copier-answers*.y*ml")) if _ours(path)]


def _ours(answers: Path) -> bool:
    text = answers.read_text(encoding="utf-8", errors="replace")
    return all(f"\n{question}" in f"\n{text}" for question in _QUESTIONS)


def _own(root: Path, known: set[str]) -> dict[str, str]:
    found = {**_filled(root / FOLDER), **_added(root / FOLDER)}
    if not known:
        found.update(dict.fromkeys(_edited(root / FOLDER), "edited"))
    # Without a word of git's, all that the template wrote would be listed as well.
    if _git(root, "ls-files", "--", FOLDER):
        others = _git(root, "ls-files", "--others", "--exclude-standard", "--", FOLDER)
        found.update({name: "not the template's" for name in others if not _below(name, found)})
    return {name: why for name, why in found.items() if name not in known}


def _filled(folder: Path) -> dict[str, str]:
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
    return {f"{FOLDER}/{name}": "not the template's" for name in own}


def _edited(folder: Path) -> list[str]:
    """Return the files that were written well after a file which nobody edits."""
    files = [folder / name for name in _EDITABLE]
    written = _time(folder / "project.json") + _WRITING
    return [f"{FOLDER}/{file.name}" for file in files if _time(file) > written]


def _time(file: Path) -> float:
    try:
        return file.lstat().st_mtime
    except OSError:
        return 0.0


def _below(name: str, found: dict[str, str]) -> bool:
    return any(name == each or name.startswith(f"{each}/") for each in found)


def _content(file: Path) -> str:
    if not file.is_file():
        return ""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _git(root: Path, question: str, *words: str) -> list[str]:
    try:
        names = runner.output(root, question, "-z", *words)
    except Problem:
        return []  # without git nothing is kept by it
    return [name for name in names.split("\0") if name]
