"""Git on the host: what it ignores, which hook it runs, and what it would obey that the agent wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from aidevcontainer.doctor.context import Context, quoted
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.git import planted, protection
from aidevcontainer.hook import manage
from aidevcontainer.project import record
from aidevcontainer.util.errors import Problem

AREA = Area("git")

_INSTALL = "./.aidevcontainer/hook install"
_COMMIT = "git add .aidevcontainer && git commit -m 'Keep .aidevcontainer'"


@AREA.check(
    "repository",
    "git is there and this is a repository of your own",
    "Updates are merged by git, and git shows you what an agent changed.",
)
def _repository(context: Context) -> Iterator[Remark]:
    try:
        found = context.git("rev-parse", "--show-toplevel")
    except SkippedError:
        yield note("git is not installed on this machine.", "Install git: sudo apt install git")
        return
    if "dubious ownership" in found.err:
        yield warning(
            f"Git refuses to work here, since {context.root} belongs to somebody else.",
            quoted("git", "config", "--global", "--add", "safe.directory", context.root),
        )
    elif found.code:
        yield note(f"{context.root} is no git repository.", "git init")


@AREA.check(
    "ignored",
    "git does not ignore .aidevcontainer/",
    "An update takes ignored files for deleted ones, and removes them with your changes.",
)
def _ignored(context: Context) -> Iterator[Remark]:
    _require_repository(context)
    found = context.git("check-ignore", "--verbose", "--no-index", ".aidevcontainer/docker-compose.yml")
    if found.code == 0:
        rule = found.out.split("\t")[0]
        yield warning(
            f"Git ignores .aidevcontainer/, by this rule (file:line:rule): {rule}.",
            f"Take that rule away, then: {_COMMIT}",
        )


@AREA.check(
    "hook",
    "the git hook is as the project wants it, current and able to run",
    "Without it, stopped containers stay stopped after a checkout; an old one lacks what was mended since.",
)
def _hook(context: Context) -> Iterator[Remark]:
    _require_repository(context)
    try:
        hook = manage.locate(Path(context.root))
        installed, current = hook.installed(), hook.current()
    except Problem as problem:
        raise SkippedError(str(problem).rstrip(".")) from None
    if hook.file.installed() and not os.access(hook.file.file, os.X_OK):
        yield warning(f"Git passes over {hook.file.file}, which is not executable.", _INSTALL)
    elif installed and not current:
        yield note("The git hook is of another version.", _INSTALL)
    elif not installed and record.project(context.root).get("git_hook") is True:
        yield note("This project uses a git hook, and this clone does not have it.", _INSTALL)
    else:
        yield ok("installed" if installed else "not wanted, not installed")


@AREA.check(
    "protection",
    "git's configuration is still read-only to the agent",
    "Your git runs programs that its configuration names: an agent that can write it reaches your machine.",
)
def _protection(context: Context) -> Iterator[Remark]:
    found = context.in_claude("cat", "/proc/self/mountinfo")
    gone = protection.detached(context.root, found.out)
    if gone:
        yield error(
            f"What your git obeys was replaced, so the agent can write to it: {', '.join(gone)}.",
            "End all sessions, then: ./.aidevcontainer/container restart",
        )


@AREA.check(
    "planted",
    "no repository below this one would make your git run a program",
    "Git obeys the configuration of every repository that it comes to, and the agent can make one anywhere.",
    seconds=60,
)
def _planted(context: Context) -> Iterator[Remark]:
    for finding in planted.find(context.root):
        what, _, fix = finding.sentence().partition(". ")
        yield warning(f"{what}.", fix)


def _require_repository(context: Context) -> None:
    if context.git("rev-parse", "--git-dir").code:
        raise SkippedError("there is no git repository")
