"""Maps the caller's folder in the workspace to the folder of a project's container where the command runs."""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.bridge.broker.declaration import WORKSPACE, BrokerCommand


class WorkFolder(NamedTuple):
    """`folder` lies below the mapped folder `top`. Both are empty for the container's own folder."""

    top: bytes
    folder: bytes


def find(command: BrokerCommand, directory: bytes) -> WorkFolder | None:
    """Returns the folder for a caller in `directory`, None where the declaration has none."""
    if not _within_workspace(directory):
        return None
    for source, target in sorted(command.paths, key=lambda pair: -len(pair[0].rstrip("/"))):
        prefix = source.rstrip("/").encode()
        if directory == prefix or directory.startswith(prefix + b"/"):
            top = target.rstrip("/").encode() or b"/"
            return WorkFolder(top, top.rstrip(b"/") + directory[len(prefix) :] or b"/")
    if command.workdir:
        return WorkFolder(command.workdir.encode(), command.workdir.encode())
    return None if command.paths else WorkFolder(b"", b"")


def _within_workspace(directory: bytes) -> bool:
    workspace = WORKSPACE.encode()
    if directory != workspace and not directory.startswith(workspace + b"/"):
        return False
    return not {b"", b".", b".."}.intersection(directory.split(b"/")[1:])
