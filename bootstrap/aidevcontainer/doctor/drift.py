"""Compares the files of a project with the template's. Follows no link and runs no file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from aidevcontainer.project import manifest
from aidevcontainer.project.manifest import FOLDER, Owner

# People change them, and updates merge or keep that.
OWN = manifest.owned_by(Owner.PROJECT, Owner.PERSON)
# Everything in there is run, so an additional file is as bad as a change.
RUN = "scripts/"
# Compose reads each of them instead of the template's file, or in addition to it.
_SHADOWS = (
    *("compose.yaml", "compose.yml", "docker-compose.yaml"),
    *("compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml"),
)


class Drift(NamedTuple):
    """A file, relative to the project, and how it differs, as a clause."""

    path: str
    what: str


def compare(pristine: str, root: str) -> Iterator[Drift]:
    """Yields the differences, sorted by path."""
    expected = {name for name in _files(pristine, FOLDER) if name[len(FOLDER) + 1 :] not in OWN}
    for name in sorted(expected):
        what = _difference(os.path.join(pristine, name), os.path.join(root, name))
        # If a folder is a link, only the link is reported: its content is something else.
        if what and not _behind_link(root, name):
            yield Drift(name, what)
    for name in sorted(_candidates(root) - expected):
        yield Drift(name, _linked(os.path.join(root, name)) or "is not the template's")


def _behind_link(root: str, name: str) -> bool:
    parts = name.split("/")
    return any(os.path.islink(os.path.join(root, *parts[:depth])) for depth in range(1, len(parts)))


def _linked(path: str) -> str:
    return f"is a link to {os.readlink(path)}" if os.path.islink(path) else ""


def _difference(pristine: str, found: str) -> str:
    try:
        state = os.lstat(found)
    except OSError:
        return "is missing"
    if stat.S_ISLNK(state.st_mode):
        return _linked(found)
    if not stat.S_ISREG(state.st_mode):
        return "is not an ordinary file"
    if state.st_size != os.path.getsize(pristine) or _content(found) != _content(pristine):
        return "differs"
    if (state.st_mode ^ os.stat(pristine).st_mode) & stat.S_IXUSR:
        return "is executable" if state.st_mode & stat.S_IXUSR else "is not executable"
    return ""


def _candidates(root: str) -> set[str]:
    found = set(_files(root, f"{FOLDER}/{RUN}".rstrip("/")))
    shadows = (f"{FOLDER}/{name}" for name in _SHADOWS)
    return found | {name for name in shadows if os.path.lexists(os.path.join(root, name))}


def _files(top: str, start: str) -> Iterator[str]:
    if os.path.islink(os.path.join(top, start)):
        # os.walk would follow it.
        yield start
        return
    for folder, folders, names in os.walk(os.path.join(top, start)):
        folders[:] = [name for name in folders if name != "__pycache__"]
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*names, *linked):
            path = os.path.relpath(os.path.join(folder, name), top)
            if manifest.entry(path).owner is not Owner.MACHINE:
                yield path


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
