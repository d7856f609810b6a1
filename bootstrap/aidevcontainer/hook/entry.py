"""The git hook as an entry of git's configuration, which git knows since 2.54, beside all other hooks.

It touches no folder of hooks, so it is for where that folder or the place in it belongs to somebody else.
Elsewhere a file is better: a program with an older git of its own does not see entries, and each change of
the configuration costs the agent's container a restart. Git runs entries before the file, and an event
without a command is an error to it.
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
    """Our hook's program in a folder, under a name that git gives no meaning, and the entry that names it.

    `git` runs git in the repository with the words it is given, and returns what it prints, empty when it
    fails.
    """

    def __init__(self, git: Git, folder: Path, source: Path) -> None:
        self.program = folder / PROGRAM
        self._git = git
        self._source = source

    def possible(self) -> bool:
        """Whether git is new enough."""
        found = re.search(r"(\d+)\.(\d+)", self._git("version"))
        return bool(found) and (int(found[1]), int(found[2])) >= _SINCE if found else False

    def installed(self) -> bool:
        """Whether there is an entry, in any version."""
        return bool(self._recorded())

    def current(self) -> bool:
        """Whether an installation would change nothing."""
        return self._recorded() == self._command() and self.program_current()

    def program_current(self) -> bool:
        """Whether the program is there as an installation would write it."""
        return self.program.is_file() and self.program.read_bytes() == self._source.read_bytes()

    def place(self) -> None:
        """Write the program alone."""
        files.make_folders(str(self.program.parent))
        file.write(self.program, self._source.read_bytes())

    def install(self) -> None:
        """Write the program and the entry. Raises Problem when git cannot write its configuration."""
        self.place()
        self._git("config", "--local", f"{_SECTION}.command", self._command())
        self._git("config", "--local", f"{_SECTION}.event", file.NAME)
        if not self.installed():
            raise Problem(
                "Git could not change this clone's configuration, where the hook belongs. See why: "
                f"git config --local {_SECTION}.event {file.NAME}"
            )

    def uninstall(self) -> bool:
        """Take both away. False where there was neither."""
        there = self.installed() or self.program.exists()
        if self.installed():
            self._git("config", "--local", "--remove-section", _SECTION)
        self.program.unlink(missing_ok=True)
        return there

    def _recorded(self) -> str:
        return self._git("config", "--local", "--get", f"{_SECTION}.command")

    def _command(self) -> str:
        # Git adds the arguments at the end. A clone that was moved has no program there, and no failing
        # checkout.
        program = shlex.quote(str(self.program))
        return f"test ! -x {program} || {program}"
