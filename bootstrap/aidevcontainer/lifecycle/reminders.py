"""Reminders that a start gives, because neither Copier nor git will."""

from __future__ import annotations

from pathlib import Path

from aidevcontainer.git.runner import Git
from aidevcontainer.hook import manage
from aidevcontainer.project import record
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.util.errors import Problem


def collect(root: Path) -> list[str]:
    """Returns sentences about the project at `root`, a real path; usually none. Never raises."""
    return [sentence for sentence in (_hook(root), _ignored(root)) if sentence]


def _hook(root: Path) -> str:
    # Copier may not run anything, so the answer "yes" waits for a person in every clone.
    if record.project(str(root)).get("git_hook") is not True:
        return ""
    try:
        hook = manage.locate(root)
        if hook.current():
            return ""
    except (Problem, OSError):
        return ""
    verb = "renew" if hook.installed() else "install"
    return f"This project uses a git hook. To {verb} it in this clone: ./.aidevcontainer/hook install"


def _ignored(root: Path) -> str:
    # Copier counts ignored files as deleted, and its update then deletes them.
    try:
        if Git(root).ask("check-ignore", "--quiet", f"{FOLDER}/docker-compose.yml") is None:
            return ""
    except Problem:
        return ""  # no git on the host
    return (
        f"Git ignores {FOLDER}/, so `copier update` would delete it. Remove it from .gitignore and commit it."
    )
