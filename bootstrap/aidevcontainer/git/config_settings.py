"""All settings of the host's git that can apply in a repository, each with the file that has it.

Unlike `git config`, this follows every include: the agent can make a condition true (`onbranch`), and a
missing file is one that the agent could create.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.git import host_config, runner
from aidevcontainer.util.errors import Problem

# Git itself stops at ten levels. An agent that wrote an included file earlier must not hold up a start.
_MOST_FILES = 500
_INCLUDES = ("include.", "includeif.")


class Setting(NamedTuple):
    """A setting as `git config` names it: lower case but for the part in the middle."""

    name: str
    value: str


class Found(NamedTuple):
    """The absolute paths of all configuration files, also of missing ones, and their settings."""

    files: tuple[str, ...]
    settings: tuple[Setting, ...]


class HostConfiguration:
    """The configuration of a project at `root`. Each file is read once, so one value serves one start."""

    def __init__(self, root: str) -> None:
        self._homes = homes(root)
        self._shared, self._given = _in_force(root)
        self._read: dict[str, tuple[Setting, ...]] = {}

    def of(self, common: str, git: str) -> Found:
        """Returns what applies in a repository with this common and own git directory.

        Both are empty where there is none. Raises Problem.
        """
        own = [f"{common}/config", f"{common}/config.worktree", f"{git}/config.worktree"] if common else []
        waiting = list(dict.fromkeys([*self._shared, *_personal(self._homes), *own]))
        files: dict[str, tuple[Setting, ...]] = {}
        while waiting:
            file = waiting.pop()
            if file not in files:
                files[file] = self._settings(file)
                waiting += self._included(file, files[file])
            if len(files) > _MOST_FILES:
                raise Problem(
                    f"Git's configuration includes more than {_MOST_FILES} files, so the helpers cannot "
                    "protect them. List them: git config --show-origin --get-regexp '^include'"
                )
        settings = [*self._given, *(each for found in files.values() for each in found)]
        return Found(tuple(files), tuple(dict.fromkeys(settings)))

    def expanded(self, value: str, folder: str) -> list[str]:
        """Returns the absolute paths that a value can mean where git takes relative ones from `folder`."""
        plain = value.removeprefix(":(optional)")
        if not plain.startswith("~"):
            return [os.path.join(folder, plain)]
        user, _, rest = plain.partition("/")
        places = self._homes if user == "~" else [os.path.expanduser(user)]
        return [os.path.join(place, rest) for place in places]

    def _settings(self, file: str) -> tuple[Setting, ...]:
        if file not in self._read:
            self._read[file] = tuple(Setting(*each) for each in host_config.pairs(file))
        return self._read[file]

    def _included(self, file: str, settings: Iterable[Setting]) -> Iterator[str]:
        for name, value in settings:
            if name.startswith(_INCLUDES) and name.endswith(".path") and value:
                yield from self.expanded(value, os.path.dirname(file))


def homes(root: str) -> list[str]:
    """Returns the home folders whose git configuration applies: the caller's, and the owner's under root."""
    found = [os.path.expanduser("~")]
    if os.geteuid() == 0:
        try:
            found.append(pwd.getpwuid(os.stat(root).st_uid).pw_dir)
        except (KeyError, OSError):
            return found  # an owner without an account has no configuration
    return list(dict.fromkeys(found))


def settings_folders(homes: Iterable[str]) -> list[str]:
    """Returns git's folders of personal settings, by the XDG standard."""
    given = os.environ.get("XDG_CONFIG_HOME")
    folders = [os.path.join(given, "git")] if given else []
    return [*folders, *(os.path.join(home, ".config", "git") for home in homes)]


def _personal(homes: list[str]) -> list[str]:
    given = os.environ.get("GIT_CONFIG_GLOBAL")
    if given is not None:
        return [given] if os.path.isabs(given) else []
    folders = settings_folders(homes)
    return [*(os.path.join(home, ".gitconfig") for home in homes), *(f"{each}/config" for each in folders)]


def _in_force(root: str) -> tuple[list[str], list[Setting]]:
    """Returns the files that git reads in every repository of the system, and the settings without a file."""
    listing = ("--null", "--show-origin", "--list")
    system = _origins(root, "config", "--system", *listing)
    given = _origins(root, *host_config.trusted(root), "config", *listing)
    files = [os.path.join(root, origin[len("file:") :]) for origin, _ in system if origin.startswith("file:")]
    return list(dict.fromkeys(files)), [pair for origin, pair in given if not origin.startswith("file:")]


def _origins(root: str, *question: str) -> list[tuple[str, Setting]]:
    try:
        parts = runner.Git(Path(root)).run(*question).text.split("\0")
    except Problem:
        return []  # no git on the host, so none that could be led anywhere
    pairs = (pair.partition("\n") for pair in parts[1::2])
    return [
        (origin, Setting(name, value)) for origin, (name, _, value) in zip(parts[::2], pairs, strict=False)
    ]
