"""The files that installed hooks read or run: those of hook managers, and those that a hook names.

A manager reads its file from one of several places, and other files along with it. Only those that exist can
be protected: an empty file in another place would change what the manager does.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from aidevcontainer.git import host_config, layout
from aidevcontainer.util import files

_READ = 65536  # bytes of a hook or of a manager's file


class Manager(NamedTuple):
    """A text in an installed hook, and names below the work tree: of files, and of folders with programs.

    `everywhere` are names that the manager also reads in folders further down.
    """

    mark: str
    files: tuple[str, ...]
    folders: tuple[str, ...] = ()
    everywhere: tuple[str, ...] = ()


_PRE_COMMIT = (".pre-commit-config.yaml", ".pre-commit-config.yml")
_MANAGERS = (
    Manager("pre-commit", _PRE_COMMIT),
    Manager("prek", (*_PRE_COMMIT, "prek.toml"), everywhere=(*_PRE_COMMIT, "prek.toml")),
    Manager(
        "lefthook",
        tuple(
            f"{place}lefthook{local}.{kind}"
            for place in ("", ".", ".config/")
            for local in ("", "-local")
            for kind in ("yml", "yaml", "toml", "json", "jsonc")
        ),
        (".lefthook", ".lefthook-local", ".git/info/lefthook-remotes"),
    ),
    Manager("overcommit", (".overcommit.yml", ".local-overcommit.yml"), (".git-hooks",)),
    Manager("captainhook", ("captainhook.json", "captainhook.config.json")),
    Manager("grumphp", ("grumphp.yml", "grumphp.yml.dist", "grumphp.yaml", "grumphp.dist.yml")),
    Manager(
        "hk", tuple(f"{place}hk{local}.pkl" for place in ("", ".", ".config/") for local in ("", ".local"))
    ),
    Manager("rusty-hook", (".rusty-hook.toml", "rusty-hook.toml")),
    Manager("husky", tuple(f".huskyrc{kind}" for kind in ("", ".json", ".yml", ".yaml", ".js", ".cjs"))),
)
# Lists of further files, in YAML, JSON and TOML, and settings with one path.
_LISTS = re.compile(
    r"""^\s*["']?extends["']?\s*[:=]\s*(\[[^\]]*\]|(?:\s*-[^\n]*\n?)+|[^\n]+)""", re.MULTILINE
)
_ONE = re.compile(
    r"""["']?\b(?:rc|source_dir|source_dir_local|plugin_directory)["']?\s*[:=]\s*["']?([^"'\s,#]+)"""
)
_ENTRY = re.compile(r"""[^\s"',\[\]]+""")
_SPACE = re.compile(r"[\s=()]+")
_UNQUOTED = str.maketrans("", "", "\"'")
_TOP = re.compile(r"\$\(git rev-parse --show-toplevel\)|`git rev-parse --show-toplevel`")
_COMMAND = re.compile(r"[;|&`]+|\$\(")
# A variable in front of a path stands for the project, if anything.
_VARIABLE = re.compile(r"^\$\{?\w+\}?")
_OPTION = re.compile(r"-c|--config|--configuration|--config-file")
# Words that may stand in front of a program, and programs that run a file.
_PREFIXES = {"exec", "if", "then", "else", "do", "!", "time", "command", "{"}
_READERS = {
    ".",
    "source",
    "env",
    "sh",
    "bash",
    "dash",
    "zsh",
    "python",
    "python3",
    "node",
    "ruby",
    "perl",
    "php",
}


class Hooks:
    """The hooks that git runs in a work tree, by their folders and by commands in git's configuration."""

    def __init__(self, work_tree: str, folders: Iterable[str], commands: Iterable[str]) -> None:
        self._work_tree = work_tree
        contents = [_content(path) for folder in folders for path in _files(folder)]
        self._text = "\n".join([*contents, *commands])

    def managed(self) -> list[str]:
        """Returns the existing files and folders of the project from which hook managers take programs."""
        found = list(self._of_managers())
        for file in found:
            found += [path for path in self._named_by(file) if path not in found]
        return sorted(set(found))

    def _of_managers(self) -> Iterator[str]:
        for manager in _MANAGERS:
            if re.search(rf"\b{re.escape(manager.mark)}\b", self._text):
                names = [*manager.files, *manager.folders]
                yield from filter(os.path.exists, map(self._path, names))
                yield from self._everywhere(manager.everywhere)

    def _everywhere(self, names: tuple[str, ...]) -> list[str]:
        patterns = [f":(glob)**/{name}" for name in names]
        return [self._path(name) for name in host_config.present(self._work_tree, patterns)] if names else []

    def _named_by(self, file: str) -> Iterator[str]:
        """Yields what a manager's file names: files that extend it, and folders of scripts."""
        text = _content(file) if os.path.isfile(file) else ""
        lists = [entry for found in _LISTS.findall(text) for entry in _ENTRY.findall(found) if entry != "-"]
        for name in (*lists, *_ONE.findall(text)):
            yield from self._existing(glob.glob(os.path.join(self._work_tree, os.path.expanduser(name))))

    def named(self) -> list[str]:
        """Returns the existing files that the hooks name, without ignored ones: dependencies come and go."""
        words = [word for line in self._text.splitlines() for word in _run_or_read(line)]
        found = [path for path in self._existing(map(self._path, words)) if os.path.isfile(path)]
        ignored = host_config.ignored(self._work_tree, found)
        return sorted({path for path in found if path not in ignored})

    def _existing(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            real = os.path.normpath(path)
            if layout.within(real, self._work_tree) and os.path.exists(real):
                yield real

    def _path(self, name: str) -> str:
        return os.path.normpath(os.path.join(self._work_tree, name))


def _run_or_read(line: str) -> Iterator[str]:
    """Yields the paths in a line that a hook runs or takes settings from, not those that it asks about."""
    for command in _COMMAND.split(_TOP.sub(".", line.translate(_UNQUOTED))):
        words = [word for word in _SPACE.split(command) if word and word not in _PREFIXES]
        reads = bool(words) and os.path.basename(words[0]) in _READERS
        for index, word in enumerate(words):
            if index == 0 or reads or _OPTION.fullmatch(words[index - 1]):
                path = _VARIABLE.sub("", word)
                yield from (path, path.lstrip("/"))


def _files(folder: str) -> list[str]:
    # Husky's hooks lie beside the folder that git knows.
    places = [folder, os.path.dirname(folder)] if os.path.basename(folder) == "_" else [folder]
    found: list[str] = []
    for place in places:
        try:
            names = sorted(os.listdir(place))
        except OSError:
            continue
        found += [os.path.join(place, name) for name in names if not name.endswith(".sample")]
    return found


def _content(path: str) -> str:
    try:
        return (files.read_start(path, _READ) or b"").decode("utf-8", "replace")
    except OSError:
        return ""
