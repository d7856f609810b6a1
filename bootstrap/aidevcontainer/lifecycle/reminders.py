"""Reminders that a start gives, because neither Copier nor git will."""

from __future__ import annotations

from pathlib import Path

from aidevcontainer.git import ignored
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
        names = ignored.files(Git(root))
    except Problem:
        return ""  # no git on the host
    if not names:
        return ""
    if f"{FOLDER}/docker-compose.yml" in names:
        return f"Git ignores {FOLDER}/, so `copier update` would delete it. {_rule(names[0])}"
    return (
        f"Git ignores {ignored.more(names)}: your teammates do not get such files, and `copier update` would "
        f"delete them. {_rule(names[0])}"
    )


def _rule(name: str) -> str:
    return f"To see the rule: git check-ignore -v {name}\n{ignored.HELP}"
