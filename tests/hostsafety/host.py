"""The host's side: what its user does next, day by day, and whether a planted program ran meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from tests.support.hostuser import HostUser
from tests.support.run import run

from .layouts import Layout
from .shell import Shell

# Local paths stand for remotes, also of submodules. No terminal, so nothing can ask.
_SETTINGS = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "protocol.file.allow",
    "GIT_CONFIG_VALUE_0": "always",
    # What goes on in the background would change the tree while it is put in order again.
    "GIT_CONFIG_KEY_1": "gc.autoDetach",
    "GIT_CONFIG_VALUE_1": "false",
    "GIT_TERMINAL_PROMPT": "0",
    # Weaker than any setting of git's own, which must have its chance.
    "EDITOR": "true",
}
# Everyday commands, in an order that lets each have something to do.
_DAY = """\
echo more >more.txt
git status
git status --short --ignored
git diff
git diff HEAD --stat
git log -p -2
script -qec 'git log -2' /dev/null
git show --stat HEAD
git branch -vv
git blame src/a.txt
git submodule status
git submodule update --init
git fetch origin
git stash push --include-untracked
git stash pop
git add -A
git commit --allow-empty -m work
git checkout -b topic
git commit --allow-empty -m topic
git checkout -
git merge topic
git rebase HEAD~1
git cherry-pick --allow-empty topic
git push origin HEAD:refs/heads/pushed
git worktree list
git reset --hard
git restore .
git clean -nd
git archive HEAD
git gc --auto
git gc --prune=now
git fsck
./.aidevcontainer/hook status
"""
# As one script, since each start of a program from here costs more than git does.
_EACH = (
    'while read -r line; do timeout 20 sh -c "$line" </dev/null >/dev/null 2>&1; echo "$? $line"; done'
    f" <<'END'\n{_DAY}END\n"
)
_DAY_SECONDS = 120


class Day(NamedTuple):
    """How each command ended, and whether a planted program ran."""

    ends: tuple[str, ...]
    ran: bool


class Host:
    """The user's shell on the host, open for as long as the context lasts."""

    def __init__(self, user: HostUser) -> None:
        self.user = user
        self._environment = {**user.environment, **_SETTINGS}
        self._shell = Shell(["sh"], self._environment, user.become)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._shell.__exit__(kind, error, trace)

    def own(self, path: Path) -> None:
        """Give a file, link or folder to this user."""
        if os.geteuid() == 0:
            os.chown(path, self.user.uid, self.user.gid, follow_symlinks=False)

    def shell(self, script: str, cwd: Path) -> str:
        """Run a script that must succeed and return what it printed."""
        command = ["sh", "-ec", script]
        return run(command, cwd=cwd, env=self._environment, become=self.user.become).checked().out

    def attempt(self, script: str, layout: Layout, variables: Mapping[str, object] | None = None) -> str:
        """Run a script, whatever comes of it, and return all it said."""
        return self._shell.run(script, layout.root, variables or {})

    def ran(self, trigger: str, layout: Layout) -> tuple[bool, str]:
        """Run one command of the host; tell whether a planted program ran, and all it said."""
        layout.canary.unlink(missing_ok=True)
        said = self.attempt(trigger, layout)
        return layout.canary.exists(), said

    def day(self, layout: Layout) -> Day:
        """Run all everyday commands."""
        layout.canary.unlink(missing_ok=True)
        said = self._shell.run(_EACH, layout.root, {}, _DAY_SECONDS)
        ends = tuple(line for line in said.splitlines() if line[:1].isdigit())
        assert len(ends) == _DAY.count("\n"), said
        return Day(ends, layout.canary.exists())
