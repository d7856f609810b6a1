"""The template's files in a repository, told apart from what a person has put there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from bootstrap import git_repository
from bootstrap.problem import Problem
from bootstrap.template_files import FOLDER

# At the top of the folder: all that the template writes. A test compares it with a scaffold.
TEMPLATE = frozenset(
    {
        ".dockerignore",
        ".gitattributes",
        ".gitignore",
        "Dockerfile",
        "README.md",
        "allowed-domains.local.txt",
        "allowed-domains.txt",
        "bootstrap",
        "ca",
        "claude",
        "claude-settings.json",
        "claude.pin",
        "container",
        "docker-compose.override.yml",
        "docker-compose.yml",
        "firewall",
        "git-mounts.yml",
        "hook",
        "hooks",
        "packages.txt",
        "project.json",
        "scripts",
        "update",
    }
)
# And what the helpers write there.
GENERATED = frozenset({".env", ".planted.json", "git-links", "git-mounts.local.yml", "__pycache__"})
_OWN = {"allowed-domains.local.txt": "", "docker-compose.override.yml": "services: {}"}
_QUESTIONS = ("allowed_bundles:", "skip_permissions:")


class Files(NamedTuple):
    """Paths relative to the repository. `own`: in no commit, with why; `edited`: not as committed."""

    answers: list[str]
    own: dict[str, str]
    edited: list[str]
    tracked: bool


def collect(root: Path) -> Files:
    """Look at the repository at `root`, a real path."""
    tracked = bool(_git(root, "ls-files", "--", FOLDER))
    changed = _git(root, "diff", "--relative", "--name-only", "HEAD", "--", FOLDER) if tracked else []
    return Files(_answers(root), _own(root, tracked), changed, tracked)


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


def _own(root: Path, tracked: bool) -> dict[str, str]:
    folder = root / FOLDER
    found = {
        f"{FOLDER}/{name}": "yours"
        for name, empty in _OWN.items()
        if _content(folder / name) not in ("", empty)
    }
    for entry in sorted(os.listdir(folder)):
        if entry not in TEMPLATE | GENERATED:
            found[f"{FOLDER}/{entry}"] = "not the template's"
    for path in sorted((folder / "ca").glob("*")):
        if path.name != "README.md" and not path.name.startswith("host-"):
            found[f"{FOLDER}/ca/{path.name}"] = "not the template's"
    known = set(_git(root, "ls-files", "--", FOLDER))
    if tracked:
        others = _git(root, "ls-files", "--others", "--exclude-standard", "--", FOLDER)
        found.update({name: "not the template's" for name in others if not _below(name, found)})
        found = {name: why for name, why in found.items() if name not in known}
    return found


def _below(name: str, found: dict[str, str]) -> bool:
    return any(name == each or name.startswith(f"{each}/") for each in found)


def _content(file: Path) -> str:
    if not file.is_file():
        return ""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _git(root: Path, *words: str) -> list[str]:
    try:
        return git_repository.output(root, "-c", "core.quotePath=false", *words).splitlines()
    except Problem:
        return []  # without git nothing is kept by it
