"""Git on the command line, in one directory, whatever the caller's environment says of another repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from aidevcontainer.engine import diagnosis
from aidevcontainer.util.errors import Problem

# A hook or an alias that calls a helper has variables set that point to its own repository.
_FOREIGN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_CONFIG_PARAMETERS",
)


class Git:
    """Runs git in `folder`. All names that go in and come out are text as `os.fsdecode` makes it."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = environment(settings or {})

    def ask(self, *arguments: str, input: bytes = b"") -> bytes | None:
        """Return what git prints, or None when it fails. Raises Problem where there is no git."""
        done = self._run(arguments, input)
        return done.stdout if done.returncode == 0 else None

    def check(self, action: str, *arguments: str, input: bytes = b"") -> bytes:
        """Return what git prints; raise Problem with a sentence about `action` (`read the index`)."""
        done = self._run(arguments, input)
        if done.returncode:
            reason = diagnosis.last_line(os.fsdecode(done.stderr))
            raise Problem(f"Git could not {action}: {reason}")
        return done.stdout

    def names(self, action: str, *arguments: str) -> list[str]:
        """Return the names that git lists with `-z`."""
        return [os.fsdecode(name) for name in self.check(action, *arguments).split(b"\0") if name]

    def _run(self, arguments: tuple[str, ...], input: bytes) -> subprocess.CompletedProcess[bytes]:
        command = ["git", *arguments]
        try:
            return subprocess.run(
                command, cwd=self.folder, env=self.environment, input=input, capture_output=True, check=False
            )
        except FileNotFoundError as error:
            raise Problem("git was not found, and this needs it. Install git and try again.") from error


def output(folder: Path, *arguments: str) -> str:
    """Return what git prints, as text without its last line break; empty when it fails.

    Raises Problem where there is no git.
    """
    return os.fsdecode(Git(folder).ask(*arguments) or b"").rstrip("\n")


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return this process's environment for git, with some of git's settings given over all files' ones."""
    found = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    # `status` and `diff` would rewrite the index, and as root leave one of root's behind.
    found["GIT_OPTIONAL_LOCKS"] = "0"
    count = int(found.get("GIT_CONFIG_COUNT") or 0)
    for index, (name, value) in enumerate(settings.items(), count):
        found[f"GIT_CONFIG_KEY_{index}"], found[f"GIT_CONFIG_VALUE_{index}"] = name, value
    if settings:
        found["GIT_CONFIG_COUNT"] = str(count + len(settings))
    return found
