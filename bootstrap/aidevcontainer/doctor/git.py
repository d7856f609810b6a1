"""Checks git on the host: ignored files, the hook, and settings that the agent could have written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from aidevcontainer.doctor.context import Context, quoted
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.git import ignored, planted, protection
from aidevcontainer.git.runner import Git
from aidevcontainer.hook import manage
from aidevcontainer.project import record
from aidevcontainer.util.errors import Problem

AREA = Area("git")

_INSTALL = "./.aidevcontainer/hook install"
_COMMIT = "git add .aidevcontainer && git commit -m 'Keep .aidevcontainer'"


@AREA.check(
    "repository",
    "git is installed and this is your own repository",
    "Git merges updates, and shows you what an agent changed.",
)
def _repository(context: Context) -> Iterator[Remark]:
    try:
        found = context.git("rev-parse", "--show-toplevel")
    except SkippedError:
        yield note("git is not installed on this machine.", "Install git: sudo apt install git")
        return
    if "dubious ownership" in found.err:
        yield warning(
            f"Git refuses {context.root}, because it belongs to another user.",
            quoted("git", "config", "--global", "--add", "safe.directory", context.root),
        )
    elif found.code:
        yield note(f"{context.root} is not a git repository.", "git init")


@AREA.check(
    "ignored",
    "git ignores no file of .aidevcontainer/ that belongs to the project",
    "An update treats ignored files as deleted, and removes them together with your changes.",
)
def _ignored(context: Context) -> Iterator[Remark]:
    _require_repository(context)
    try:
        git = Git(Path(context.root), {"core.fsmonitor": "false"}, variables=context.variables)
        names = ignored.files(git, tracked_too=True)
    except Problem as problem:
        raise SkippedError(str(problem).partition(". ")[0]) from None
    if names:
        rule = context.git("check-ignore", "--verbose", "--no-index", names[0]).out.split("\t")[0]
        yield warning(
            f"Git ignores {ignored.more(names)}, by this rule (file:line:rule): {rule}.",
            f"Remove that rule, then: {_COMMIT}",
        )


@AREA.check(
    "hook",
    "the git hook is installed if the project uses it, current and executable",
    "Without it, stopped containers stay stopped after a checkout. An old one lacks later fixes.",
)
def _hook(context: Context) -> Iterator[Remark]:
    _require_repository(context)
    try:
        hook = manage.locate(Path(context.root))
        installed, current = hook.installed(), hook.current()
    except Problem as problem:
        raise SkippedError(str(problem).rstrip(".")) from None
    if hook.file.installed() and not os.access(hook.file.file, os.X_OK):
        yield warning(f"Git ignores {hook.file.file}, because it is not executable.", _INSTALL)
    elif installed and not current:
        yield note("The git hook has another version than the helpers.", _INSTALL)
    elif not installed and record.project(context.root).get("git_hook") is True:
        yield note("This project uses a git hook, but this clone does not have it.", _INSTALL)
    else:
        yield ok("installed" if installed else "not used, not installed")


@AREA.check(
    "protection",
    "git's configuration is still read-only for the agent",
    "Your git runs programs that its configuration names: an agent that can write it reaches your machine.",
)
def _protection(context: Context) -> Iterator[Remark]:
    found = context.in_claude("cat", "/proc/self/mountinfo")
    gone = protection.detached(context.root, found.out)
    if gone:
        yield error(
            f"Files of git were replaced on the host, so the agent can write them: {', '.join(gone)}.",
            "End all sessions, then: ./.aidevcontainer/container restart",
        )


@AREA.check(
    "planted",
    "nothing inside the project makes your git run programs or hides changes from you",
    "Git follows the configuration of every repository that it enters, and believes its index. The agent can "
    "write both.",
    seconds=60,
)
def _planted(context: Context) -> Iterator[Remark]:
    for plant in planted.find(context.root):
        yield warning(f"{plant.claim()}.", plant.advice)


def _require_repository(context: Context) -> None:
    if context.git("rev-parse", "--git-dir").code:
        raise SkippedError("there is no git repository")
