"""Git on the host's command line: the only way in which the helpers run git.

A hook or an alias that calls a helper has variables set that point to its own repository. Git never sees them
from here. For root, git runs as the owner of the repository.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.engine import diagnosis
from aidevcontainer.git import repository_owner
from aidevcontainer.git.repository_owner import User
from aidevcontainer.util import programs, trace
from aidevcontainer.util.errors import Problem

# What `git rev-parse --local-env-vars` lists, of all versions, and GIT_NAMESPACE, which hides references.
# Without GIT_CONFIG_COUNT, though git lists it: people set it for a whole shell or a whole CI job.
LOCAL_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
# The commands that the helpers use and that write into a repository.
_WRITES = ("config", "hash-object", "update-index")


class TimedOutError(Problem):
    """Git did not end in time."""


class GitResult(NamedTuple):
    """How git ended and what it printed. `out` is bytes, since names and contents need not be text."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Returns what git printed as text, with bytes that are not text as `os.fsdecode` makes them."""
        return os.fsdecode(self.out)


class Git:
    """Runs git in `folder`, by default with this process's variables. Methods raise Problem without a git.

    `settings` win over those of all configuration files. `timeout` is in seconds. Without `as_owner`, root's
    git stays root's. All names that go in and come out are text as `os.fsdecode` makes it.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        *,
        variables: Mapping[str, str] | None = None,
        timeout: float | None = None,
        as_owner: bool = True,
    ) -> None:
        self.folder = folder
        self.environment = environment(settings or {}, os.environ if variables is None else variables)
        self._timeout = timeout
        self._as_owner = as_owner

    def run(self, *arguments: str, input: bytes = b"") -> GitResult:
        """Returns how a command ended and what it printed. Raises TimedOutError."""
        # Looked up here, because a missing folder is the same error to subprocess as a missing program.
        program = programs.find("git", self.environment.get("PATH", os.defpath))
        if program is None:
            raise Problem("git is not installed. Install it (Debian, Ubuntu: sudo apt install git).")
        trace.command(["git", "-C", str(self.folder), *arguments])
        owner = repository_owner.of(self.folder) if self._as_owner else None
        if owner and self._reaches(owner, program):
            return self._finish([program, *arguments], input, owner)
        done = self._finish([program, *arguments], input)
        if owner and arguments[0] in _WRITES:
            repository_owner.hand_over(self.folder)
        return done

    def ask(self, *arguments: str, input: bytes = b"") -> bytes | None:
        """Returns what git prints, or None when it fails."""
        done = self.run(*arguments, input=input)
        return done.out if done.code == 0 else None

    def check(self, action: str, *arguments: str, input: bytes = b"") -> bytes:
        """Returns what git prints. Raises Problem with a sentence about `action` (`read the index`)."""
        done = self.run(*arguments, input=input)
        if done.code:
            raise Problem(f"Git could not {action}: {diagnosis.last_line(done.err)}")
        return done.out

    def names(self, action: str, *arguments: str) -> list[str]:
        """Returns the names that git lists with `-z`. Raises Problem as `check` does."""
        return [os.fsdecode(name) for name in self.check(action, *arguments).split(b"\0") if name]

    def _reaches(self, owner: User, program: str) -> bool:
        variables = owner.variables(self.environment)
        return repository_owner.reaches(owner, program, self.folder, tuple(variables.items()))

    def _finish(self, command: list[str], input: bytes, owner: User | None = None) -> GitResult:
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=owner.variables(self.environment) if owner else self.environment,
                input=input,
                capture_output=True,
                timeout=self._timeout,
                check=False,
                **(owner.process() if owner else {}),
            )
        except subprocess.TimeoutExpired:
            raise TimedOutError(f"git did not answer within {self._timeout:.0f} s") from None
        return GitResult(done.returncode, done.stdout, os.fsdecode(done.stderr))


def output(folder: Path, *arguments: str) -> str:
    """Returns what git prints, as text without its last line break; empty when it fails.

    Raises Problem where there is no git.
    """
    return os.fsdecode(Git(folder).ask(*arguments) or b"").rstrip("\n")


def environment(settings: Mapping[str, str], variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Returns variables for git, with some settings that win over those of all configuration files."""
    found = {name: value for name, value in variables.items() if name not in LOCAL_VARIABLES}
    # `status` and `diff` would rewrite the index, and as root leave one of root's behind.
    found["GIT_OPTIONAL_LOCKS"] = "0"
    count = int(found.get("GIT_CONFIG_COUNT") or 0)
    for index, (name, value) in enumerate(settings.items(), count):
        found[f"GIT_CONFIG_KEY_{index}"], found[f"GIT_CONFIG_VALUE_{index}"] = name, value
    if settings:
        found["GIT_CONFIG_COUNT"] = str(count + len(settings))
    return found


def unattended(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns variables with which git asks for no password and uses no transport that runs programs."""
    return {
        **environment({}, variables),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
        "GIT_SSH_COMMAND": variables.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
    }


def unconfigured(folder: Path = Path("/"), timeout: float | None = None) -> Git:
    """Returns a git that reads no configuration: not the user's, the system's, or a repository's.

    For questions about one file that somebody else wrote. `timeout` is in seconds.
    """
    git = Git(folder, variables={"PATH": os.environ.get("PATH", os.defpath)}, timeout=timeout)
    # Not above, where it would be scrubbed: no git directory is looked for around the folder.
    git.environment.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull, GIT_DIR=os.devnull)
    return git
