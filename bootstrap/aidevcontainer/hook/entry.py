"""The git hook as an entry of git's configuration, beside all other hooks. Git has this since 2.54.

An entry touches no folder of hooks, so it is for a folder or a file name that belongs to somebody else.
Elsewhere a file is better: a program with its own, older git does not see entries, and each change of the
configuration costs the agent's container a restart. Git runs entries before the file. For git, an event
without a command is an error.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from aidevcontainer.hook import file
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

PROGRAM = "aidevcontainer-post-checkout"
_SECTION = "hook.aidevcontainer"
_SINCE = (2, 54)

Git = Callable[..., str]


class HookEntry:
    """The hook's program in a folder, under a name without a meaning for git, and the entry that names it.

    `git` runs git in the repository with its arguments, and returns git's output, or nothing if git fails.
    """

    def __init__(self, git: Git, folder: Path, source: Path) -> None:
        self.program = folder / PROGRAM
        self._git = git
        self._source = source

    def possible(self) -> bool:
        """Returns whether git is new enough."""
        found = re.search(r"(\d+)\.(\d+)", self._git("version"))
        return bool(found) and (int(found[1]), int(found[2])) >= _SINCE if found else False

    def installed(self) -> bool:
        """Returns whether there is an entry, in any version."""
        return bool(self._recorded())

    def current(self) -> bool:
        """Returns whether an installation would change nothing."""
        return self._recorded() == self._command() and self.program_current()

    def program_current(self) -> bool:
        """Returns whether the program is the one that an installation would write."""
        return self.program.is_file() and self.program.read_bytes() == self._source.read_bytes()

    def place(self) -> None:
        """Writes only the program."""
        files.make_folders(str(self.program.parent))
        file.write(self.program, self._source.read_bytes())

    def install(self) -> None:
        """Writes the program and the entry. Raises Problem if git cannot change its configuration."""
        self.place()
        self._git("config", "--local", f"{_SECTION}.command", self._command())
        self._git("config", "--local", f"{_SECTION}.event", file.NAME)
        if not self.installed():
            raise Problem(
                "Git could not add the hook to this clone's configuration. See why: "
                f"git config --local {_SECTION}.event {file.NAME}"
            )

    def uninstall(self) -> bool:
        """Removes both. Returns False where there was neither."""
        there = self.installed() or self.program.exists()
        if self.installed():
            self._git("config", "--local", "--remove-section", _SECTION)
        self.program.unlink(missing_ok=True)
        return there

    def _recorded(self) -> str:
        return self._git("config", "--local", "--get", f"{_SECTION}.command")

    def _command(self) -> str:
        # Git adds the arguments at the end. In a clone that moved, the program is gone, and no checkout may
        # fail because of that.
        program = shlex.quote(str(self.program))
        return f"test ! -x {program} || {program}"
