"""A mount of the container, and what a list of them means: what is read-only, and what stays in place."""

from __future__ import annotations

import os
from typing import NamedTuple

from aidevcontainer.git import directory, layout, worktree_files
from aidevcontainer.project.paths import WORKSPACE


class Mount(NamedTuple):
    """A bind mount: absolute path on the host, path in the container."""

    source: str
    target: str
    writable: bool = False


def read_only(found: list[Mount], paths: list[str], folder: str, at: str) -> list[Mount]:
    """Returns read-only mounts of paths below a folder that is mounted `at` a place, and their pins."""
    added: list[Mount] = []
    for path in paths:
        directory.require_real(path)
        target = f"{at}/{os.path.relpath(path, folder)}"
        if not closed([*found, *added], target):
            added += [*pinned(folder, path, at), Mount(path, target)]
    return added


def closed(found: list[Mount], target: str) -> bool:
    """Returns whether a path is below a read-only mount already: a pin would make it writable again."""
    known = in_order([*found, Mount("", f"{WORKSPACE}/.aidevcontainer")])
    holding = [each for each in known if layout.within(target, each.target)]
    return bool(holding) and not holding[-1].writable


def pinned(root: str, path: str, at: str = WORKSPACE) -> list[Mount]:
    """Returns writable mounts of the folders between the root, mounted `at` a place, and a path below it."""
    # A folder that only contains a mount can be renamed and replaced.
    return [
        Mount(each, f"{at}/{os.path.relpath(each, root)}", writable=True)
        for each in worktree_files.ancestors(path, root)
    ]


def in_order(mounts: list[Mount]) -> list[Mount]:
    """Returns the mounts by their targets, one for each."""
    # A folder that is both pinned and read-only is read-only.
    by_target: dict[str, Mount] = {}
    for mount in sorted(mounts, key=lambda each: not each.writable):
        by_target[mount.target] = mount
    return [by_target[target] for target in sorted(by_target)]
