"""What a start tells a person once in a while, because neither Copier nor git will."""

from __future__ import annotations

from pathlib import Path

from aidevcontainer.git.runner import Git
from aidevcontainer.hook import manage
from aidevcontainer.project import record
from aidevcontainer.util.errors import Problem


def collect(root: Path) -> list[str]:
    """Return sentences about the project at `root`, a real path; usually none. Never raises."""
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
    return f"This project uses a git hook; to {verb} it in this clone: ./.aidevcontainer/hook install"


def _ignored(root: Path) -> str:
    # Copier takes ignored files for deleted ones, and its update then deletes them.
    try:
        if Git(root).ask("check-ignore", "--quiet", ".aidevcontainer/docker-compose.yml") is None:
            return ""
    except Problem:
        return ""  # no git on the host
    return (
        "Git ignores .aidevcontainer/, so `copier update` would delete it. Take it out of .gitignore and "
        "commit it."
    )
