"""Hosts that a repository's files name or imply. None is added, because a branch must not open a way out.

A branch may also have planted files to keep the search busy, so it has limits, and says what it left out.
"""

from __future__ import annotations

import functools
import os
import re
import time
from collections import deque
from collections.abc import Iterator
from fnmatch import translate
from itertools import islice
from typing import Any, NamedTuple

import yaml

from aidevcontainer.firewall import entry
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.host_files import HOST_FILES, HostFile
from aidevcontainer.firewall.mentions import Mention
from aidevcontainer.project.paths import Project
from aidevcontainer.util import files

_BUNDLES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "bundles.yml")
_SKIPPED = {
    *("node_modules", "vendor", "dist", "build", "target", "venv", "__pycache__", "site-packages"),
    *(".git", ".hg", ".venv", ".tox", ".pixi", ".aidevcontainer"),
}
_DEEPEST = 5  # directory levels below the repository
_MOST_FILES = 20000  # with directories
_MOST_BYTES = 4_000_000  # of one file
_MOST_BYTES_IN_ALL = 32_000_000
_MOST_SECONDS = 10
_MOST_HOSTS = 300
# Names for examples and for local networks.
_RESERVED = re.compile(r"(^|\.)(example(\.(com|net|org))?|localhost|local|invalid|test)$")
_CANDIDATE = re.compile("|".join({translate(each.pattern.rpartition("/")[2]) for each in HOST_FILES}))


class SuggestedHost(NamedTuple):
    """An entry, the file that names or implies it, and why: a service's title, or `named in the file`."""

    entry: str
    file: str
    reason: str


class Suggestions(NamedTuple):
    """All suggested hosts. `left_out` are sentences about what a limit left out."""

    hosts: tuple[SuggestedHost, ...]
    left_out: tuple[str, ...]


def collect(project: Project) -> Suggestions:
    """Returns the entries that are not allowed yet, each one once, those of files near the root first."""
    search = _Search(project.root)
    found: dict[str, SuggestedHost] = {}
    for suggestion in search.run():
        found.setdefault(suggestion.entry, suggestion)
    missing = [found[each] for each in Lists(project).missing(list(found))]
    if len(missing) > _MOST_HOSTS:
        search.left_out.append(
            f"The files name {len(missing)} hosts. Only the first {_MOST_HOSTS} are shown."
        )
    return Suggestions(tuple(missing[:_MOST_HOSTS]), tuple(search.left_out))


class _Search:
    """One search. `left_out` has a sentence for each limit that it met."""

    def __init__(self, root: str) -> None:
        self.left_out: list[str] = []
        self._root = root
        self._bytes = _MOST_BYTES_IN_ALL
        self._end = time.monotonic() + _MOST_SECONDS

    def run(self) -> Iterator[SuggestedHost]:
        """Yields what the files name, also several times."""
        for file in self._files():
            if _CANDIDATE.match(os.path.basename(file).lower()):
                yield from self._of_file(file)
            if self._bytes <= 0 or time.monotonic() > self._end:
                self.left_out.append(f"The repository has too much to read, so the search ended at {file}.")
                return

    def _files(self) -> Iterator[str]:
        folders, count = deque([("", 0)]), 0
        while folders:
            below, depth = folders.popleft()
            for name, is_folder in _content(os.path.join(self._root, below)):
                count += 1
                if count > _MOST_FILES:
                    self.left_out.append(f"Only the first {_MOST_FILES} files and folders were searched.")
                    return
                path = os.path.join(below, name)
                if not is_folder:
                    yield path
                elif depth < _DEEPEST and name not in _SKIPPED:
                    folders.append((path, depth + 1))

    def _of_file(self, file: str) -> Iterator[SuggestedHost]:
        fitting = [each for each in HOST_FILES if each.applies(file)]
        for each in fitting:
            bundle = _bundles().get(each.bundle)
            for host in bundle["hosts"] if bundle else ():
                yield SuggestedHost(host, file, str(bundle["title"]) if bundle else "")
        data = self._read(file) if any(each.is_read() for each in fitting) else b""
        for each in fitting:
            yield from self._named(each, file, data)

    def _named(self, kind: HostFile, file: str, data: bytes) -> Iterator[SuggestedHost]:
        for mention in kind.hosts(data):
            text = _entry(mention)
            if text:
                yield SuggestedHost(text, file, "named in the file")
            if time.monotonic() > self._end:
                return  # `run` says so

    def _read(self, file: str) -> bytes:
        try:
            data = files.read_start(os.path.join(self._root, file), _MOST_BYTES + 1) or b""
        except OSError:
            return b""
        self._bytes -= len(data)
        if len(data) > _MOST_BYTES:
            self.left_out.append(f"{file} is large. Only its first {_MOST_BYTES // 1_000_000} MB were read.")
        return data[:_MOST_BYTES]


def _entry(mention: Mention) -> str:
    port, protocol = mention.port, mention.protocol
    # GitHub's ranges are open for ssh as soon as its name is listed.
    if (mention.host.lower(), port) == ("github.com", "22"):
        port, protocol = "443", entry.TLS
    # On other ports, what speaks TLS or HTTP passes by address too.
    found = entry.opening(mention.host, port, protocol if port in map(str, entry.WEB_PORTS) else "")
    return "" if found is None or _RESERVED.search(found.host) else str(found)


@functools.lru_cache(maxsize=1)
def _bundles() -> dict[str, dict[str, Any]]:
    with open(_BUNDLES, encoding="utf-8") as file:
        return {each["key"]: each for each in yaml.safe_load(file)}


def _content(folder: str) -> list[tuple[str, bool]]:
    # A folder can contain millions of names, and all would be sorted.
    try:
        with os.scandir(folder) as found:
            return sorted(
                (each.name, each.is_dir(follow_symlinks=False)) for each in islice(found, _MOST_FILES + 1)
            )
    except OSError:
        return []
