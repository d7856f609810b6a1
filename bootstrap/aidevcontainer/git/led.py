"""The files and folders within the agent's reach that the host's git configuration leads to.

An included file is configuration: it can name programs. A setting may name a program of the project itself,
or a file that git follows (`core.attributesFile`). Where a path leads decides, not the setting's name.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from aidevcontainer.git import config_settings, layout
from aidevcontainer.git.config_settings import Found, HostConfiguration, Setting
from aidevcontainer.util.errors import Problem

# Texts for people, names of branches and addresses: a file of the same name means nothing.
_TEXT = re.compile(
    r"user\.(name|email)|author\..*|committer\..*|branch\..*|pretty\..*|format\.pretty|color\..*"
    r"|remote\..*\.(url|pushurl|fetch|push|proxy)|url\..*|submodule\..*\.(url|branch)|i18n\..*"
    r"|core\.(worktree|hookspath)|include(if\..*)?\.path"
)
# Git takes even a single word of these for a path.
_PATH = re.compile(r".*(file|path|template|dir|skiplist|key|cert|cainfo|fsmonitor)")
_PROGRAM = re.compile(
    r"alias\..*|pager\..*|core\.(editor|pager|fsmonitor|sshcommand|askpass|gitproxy|alternaterefscommand)"
    r"|.*(command|cmd|program|helper|driver|clean|smudge|process|textconv|difffilter|editor|hook|external)"
    r"|remote\..*\.(uploadpack|receivepack)|(difftool|mergetool|browser|man|guitool)\..*|submodule\..*\.update"
)
_HOOK = re.compile(r"hook\..*\.command")
# Git runs most programs at the top of the work tree, which these commands print.
_TOP = re.compile(r"\$\(git rev-parse --show-toplevel\)|`git rev-parse --show-toplevel`")
_MOST_LINKS = 40


class Led(NamedTuple):
    """Absolute real paths within the agent's reach; only `outside` are other files of configuration.

    `configuration` are included files, `folders` those with hooks or templates, and `programs` commands; all
    of them may be missing. `files` exist. `linked` are paths through a link that the agent can replace.
    `crossed` are folders that a path enters and leaves by `..`, where a link would lead elsewhere. `hooks`
    are commands that git runs as hooks.
    """

    configuration: tuple[str, ...]
    folders: tuple[str, ...]
    programs: tuple[str, ...]
    files: tuple[str, ...]
    linked: tuple[str, ...]
    outside: tuple[str, ...]
    crossed: tuple[str, ...]
    hooks: tuple[str, ...]


class Checkout(NamedTuple):
    """A work tree among the project's files, with the git directory that it shares and its own.

    Both are empty for a project that is not a repository.
    """

    work_tree: str
    common: str
    git: str


class Reach:
    """The real folders that the agent can write, and the configuration of the host."""

    def __init__(self, root: str, folders: Iterable[str]) -> None:
        self._folders = tuple(dict.fromkeys(folders))
        self._homes = config_settings.homes(root)
        self._configuration = HostConfiguration(root)

    def led(self, checkout: Checkout) -> Led:
        """Returns what the configuration leads to in a work tree.

        Raises Problem where configuration or hooks lie behind a link that the agent can replace.
        """
        work_tree = checkout.work_tree
        found = self._configuration.of(checkout.common, checkout.git)
        words = list(self._paths(found, work_tree, _words))
        return Led(
            self._all(found.files),
            self._all(self._paths(found, work_tree, _folder)),
            self._direct(self._paths(found, work_tree, _program)),
            tuple(each for each in self._direct([*words, *self._standard()]) if os.path.isfile(each)),
            tuple(dict.fromkeys(path for path in words if os.path.isfile(path) and self._links(path))),
            tuple(file for file in found.files if not self.landing(file)),
            self._crossed([*found.files, *self._paths(found, work_tree, _folder), *words]),
            tuple(value for name, value in found.settings if _HOOK.fullmatch(name)),
        )

    def landing(self, path: str) -> str:
        """Returns the real path where `path` ends within the agent's reach, or empty. Raises Problem."""
        for link in self._links(path):
            raise Problem(
                f"Git's configuration leads to {path}, through the symbolic link {link}. The agent could "
                "replace that link, so it cannot be protected. Name the real file or folder instead. "
                "Where the path comes from: git config --show-origin --list"
            )
        real = _walked(path).real
        return real if self._reachable(real) and _possible(real) else ""

    def _reachable(self, path: str) -> bool:
        return any(layout.covers(folder, path) for folder in self._folders)

    def _links(self, path: str) -> list[str]:
        """Returns the symbolic links on the way to a path that the agent can replace."""
        return [link for link in _walked(path).links if self._reachable(link)]

    def _crossed(self, paths: Iterable[str]) -> tuple[str, ...]:
        walks = [_walked(path) for path in paths if ".." in path]
        crossed = [folder for walk in walks if self._reachable(walk.real) for folder in walk.crossed]
        return tuple(dict.fromkeys(each for each in crossed if self._reachable(each) and _possible(each)))

    def _all(self, paths: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each for each in map(self.landing, paths) if each))

    def _direct(self, paths: Iterable[str]) -> tuple[str, ...]:
        return self._all(path for path in paths if not self._links(path))

    def _paths(
        self, found: Found, work_tree: str, words: Callable[[Setting], Iterable[str]]
    ) -> Iterator[str]:
        for setting in found.settings:
            for word in words(setting):
                yield from self._configuration.expanded(word, work_tree)

    def _standard(self) -> list[str]:
        """Returns the files of a person's settings that git finds without a setting."""
        folders = config_settings.settings_folders(self._homes)
        return [os.path.join(folder, name) for folder in folders for name in ("attributes", "ignore")]


def _folder(setting: Setting) -> Iterator[str]:
    """Yields a folder whose content git runs or copies to where it runs it."""
    if setting.name in ("core.hookspath", "init.templatedir") and setting.value:
        yield setting.value


def _words(setting: Setting) -> Iterator[str]:
    """Yields the words of a setting that may be paths of files."""
    name, value = setting
    if _TEXT.fullmatch(name) or (name.startswith("alias.") and not value.startswith("!")):
        return
    if "/" in value or _PATH.fullmatch(name):
        yield value
    for index, word in enumerate(_split(value)):
        # The shell looks for a first word without a slash on the PATH.
        if "/" in word or index:
            yield word
        if word.startswith("-") and "=" in word:
            yield word.partition("=")[2]


def _program(setting: Setting) -> Iterator[str]:
    """Yields the path of the program that a setting runs."""
    first = next(iter(_split(setting.value)), "")
    if "/" in first and _PROGRAM.fullmatch(setting.name):
        yield first


def _split(value: str) -> list[str]:
    value = _TOP.sub(".", value.removeprefix("!"))
    lexer = shlex.shlex(value, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return value.split()  # half a quotation, as in texts


def _possible(path: str) -> bool:
    """Returns whether a path can exist. In a worktree or a submodule, there is no `.git/hooks`."""
    while not os.path.lexists(path):
        path = os.path.dirname(path)
        if os.path.lexists(path):
            return os.path.isdir(path)
    return True


class _Walk(NamedTuple):
    """Where a path ends, the symbolic links on the way, and the folders that it leaves by `..`; all real."""

    real: str
    links: list[str]
    crossed: list[str]


def _walked(path: str) -> _Walk:
    here = "/"
    links: list[str] = []
    crossed: list[str] = []
    waiting = path.split("/")[::-1]
    while waiting and len(links) < _MOST_LINKS:
        part = waiting.pop()
        place = os.path.join(here, part)
        if part == "..":
            crossed.append(here)
            here = os.path.dirname(here)
        elif part not in ("", ".") and os.path.islink(place):
            links.append(place)
            target = os.readlink(place)
            here = "/" if target.startswith("/") else here
            waiting += target.split("/")[::-1]
        elif part not in ("", "."):
            here = place
    return _Walk(here, links, crossed)
