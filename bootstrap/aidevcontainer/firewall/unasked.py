"""The hosts of a project that `firewall watch` never asks about again. The person decided that, host by host.

They are in the cache: the agent cannot write there, and they belong to one person.
"""

from __future__ import annotations

import os

from aidevcontainer.firewall import entry
from aidevcontainer.project.paths import Project
from aidevcontainer.util import cache, files


class UnaskedHosts:
    """One project's hosts. Methods raise OSError where they cannot be read or written."""

    def __init__(self, project: Project) -> None:
        self._path = _path(project)
        self._hosts = self._read()

    def __contains__(self, host: object) -> bool:
        return host in self._hosts

    def add(self, host: str) -> None:
        """Adds a host, and keeps what others have added meanwhile."""
        self._hosts = [*self._read(), host]
        files.make_folders(os.path.dirname(self._path))
        files.write(self._path, "".join(f"{each}\n" for each in dict.fromkeys(self._hosts)))

    def clear(self) -> list[str]:
        """Forgets all hosts and returns them."""
        forgotten, self._hosts = self._hosts, []
        files.remove(self._path)
        return forgotten

    def _read(self) -> list[str]:
        lines = files.read_text(self._path).splitlines()
        return [each for each in lines if entry.parse(each)]


def forget(project: Project) -> None:
    """Removes the file of a project that is uninstalled."""
    files.remove(_path(project))


def _path(project: Project) -> str:
    return cache.path("never-asked", project.name())
