"""Checks whether the files that the host's git obeys are still protected from the agent.

The host's git writes a new file and renames it over the old one, and removes folders that it empties. The
kernel then detaches the mounts on them in every other namespace (measured on Linux 6.18; by design since
3.18). The read-only mount is gone, and the agent can write the new file until its container restarts.
"""

from __future__ import annotations

import os
import time

from aidevcontainer.project.paths import WORKSPACE
from aidevcontainer.util import light_json

# What typing has under this name costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# mounts.py writes it, and opening a session must not import that.
_FILE = "git-mounts.local.yml"


def lost(root: str, started: str) -> bool:
    """Returns whether a read-only mount's source changed after a container's start, or is gone.

    Also returns True for a symbolic link at any mount's source or mount point: if it was there before the
    start, it led the engine to another folder. And for a change to git's configuration outside the project,
    which may lead to other files now.

    `started` is the engine's text: `2026-01-02T03:04:05.6Z`. A folder also changes with a file in it;
    `detached` knows whether that matters.
    """
    found, watched = _written(root)
    volumes = [each for each in found if not each.went_with_its_folder()]
    read_only = [each for each in volumes if each.read_only]
    timed = _timed(read_only)
    try:
        # Not the time of modification, which a program that can write the file can set.
        times = {path: os.lstat(path).st_ctime_ns for path in _places(root, [*read_only, *timed])}
    except OSError:
        return True
    of_mounts = (times[path] for path in _places(root, timed))
    changed = max([0, *of_mounts, *map(_changed, watched)])
    return _moment(changed) > started.rstrip("Z") or any(map(os.path.islink, _places(root, volumes)))


def detached(root: str, mountinfo: str) -> list[str]:
    """Returns the paths in the container where a read-only mount is missing, by its /proc/self/mountinfo.

    Returns none for a text without the workspace, which is not the container's.
    """
    mounted = {_plain(line.split()[4]) for line in mountinfo.splitlines() if line.count(" ") > 4}
    there = [each for each in _written(root)[0] if each.read_only and not each.went_with_its_folder()]
    wanted = [f"{WORKSPACE}/.aidevcontainer", *(each.target for each in there)]
    return [target for target in wanted if target not in mounted] if WORKSPACE in mounted else []


def read_only(root: str) -> list[str] | None:
    """Returns the host's paths that the agent's container got read-only; None where it was never started."""
    if not os.path.exists(os.path.join(root, ".aidevcontainer", _FILE)):
        return None
    return [each.source for each in _written(root)[0] if each.read_only]


def inner_scaffolds(root: str) -> list[str] | None:
    """Returns the other scaffolds that a project's container got read-only; None before its first start."""
    found = read_only(root)
    if found is None:
        return None
    own = os.path.join(root, ".aidevcontainer")
    return [path for path in found if os.path.basename(path) == ".aidevcontainer" and path != own]


class _Volume:
    """A mount of the agent's container: its path on the host, and inside."""

    def __init__(self, source: str, target: str, read_only: bool) -> None:
        self.source = source
        self.target = target
        self.read_only = read_only

    def went_with_its_folder(self) -> bool:
        """Returns whether its folder is gone as well, after the host removed a worktree.

        The agent can create another folder that git obeys, but none that git takes for a worktree.
        """
        folder, name = os.path.split(self.source)
        return name in (".git", ".aidevcontainer") and not os.path.isdir(folder)


def _timed(volumes: list[_Volume]) -> list[_Volume]:
    """Returns the mounts whose time matters: not work trees and scaffolds, which change with every file.

    A work tree is mounted together with its `.git`, whose time changes when it is replaced. In a scaffold, a
    file that only updates write stands for all. Git writes into its folders `info`, but never replaces them.
    """
    sources = {each.source for each in volumes}
    kept = [
        each
        for each in volumes
        if f"{each.source}/.git" not in sources and not _is_info(each.source, sources)
    ]
    scaffolds = [each for each in kept if os.path.basename(each.source) == ".aidevcontainer"]
    launchers = [
        _Volume(f"{each.source}/launch.sh", f"{each.target}/launch.sh", read_only=True) for each in scaffolds
    ]
    others = [each for each in kept if each not in scaffolds]
    return [*others, *(each for each in launchers if os.path.exists(each.source))]


def _is_info(path: str, sources: set[str]) -> bool:
    """Returns whether a path is `info` or `objects/info` of a git directory, which has `modules` too."""
    folder, name = os.path.split(path)
    return name == "info" and not sources.isdisjoint(
        (f"{folder}/modules", f"{os.path.dirname(folder)}/modules")
    )


def _places(root: str, volumes: Iterable[_Volume]) -> set[str]:
    found = {place for each in volumes for place in (each.source, _mount_point(root, each.target))}
    return found - {""}


def _mount_point(root: str, target: str) -> str:
    # Replacing the mount point undoes a mount too, and for generated files that is another path.
    return root + target[len(WORKSPACE) :] if target.startswith(f"{WORKSPACE}/") else ""


def _written(root: str) -> tuple[list[_Volume], list[str]]:
    """Returns the mounts and the watched files, as mounts.py wrote them."""
    folder = os.path.join(root, ".aidevcontainer")
    try:
        with open(os.path.join(folder, _FILE), encoding="utf-8") as file:
            document = light_json.parsed(file.read())
        volumes = [_volume(folder, each) for each in document["services"]["claude"]["volumes"]]
        return volumes, document.get("x-watched", [])
    except (OSError, ValueError, KeyError, TypeError):
        return [], []


def _changed(path: str) -> int:
    """Returns when a file or the link to it changed last, in nanoseconds; 0 where there is none."""
    try:
        return max(os.lstat(path).st_ctime_ns, os.stat(path).st_ctime_ns)
    except OSError:
        return 0


def _volume(folder: str, found: dict[str, Any]) -> _Volume:
    source, target = (found[name].replace("$$", "$") for name in ("source", "target"))
    return _Volume(os.path.normpath(os.path.join(folder, source)), target, found["read_only"])


def _moment(nanoseconds: int) -> str:
    """Returns a time as the engine writes it, without the Z: these texts sort as times do."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    # The engine drops trailing zeros, and the Z would sort after any digit.
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:09}"


def _plain(text: str) -> str:
    import re  # a session does not need it

    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
