"""Whether what the host's git obeys is still protected from the agent.

The host's git writes a new file and renames it over the old one, and removes folders that it empties. The
kernel then detaches what is mounted there in any other namespace (measured on Linux 6.18; by design since
3.18), so the read-only mount is gone and the new file can be written inside, until the container is started
anew.
"""

from __future__ import annotations

import os
import time

from aidevcontainer.project.paths import WORKSPACE
from aidevcontainer.util import light_json

# On the way of every session, for which this would cost a millisecond.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# Written by git_mounts, which opening a session must not import.
_FILE = "git-mounts.local.yml"


def lost(root: str, started: str) -> bool:
    """Tell whether something that is mounted read-only changed after a container's start, or is gone.

    Or whether a link lies where anything is mounted: one that was put there before the start has led the
    engine to a folder of its choice.

    `started` is the engine's text for it: `2026-01-02T03:04:05.6Z`. A folder also changes when something in
    it does: `detached` tells whether it matters.
    """
    volumes = [each for each in _volumes(root) if not each.went_with_its_folder()]
    read_only = [each for each in volumes if each.read_only]
    try:
        # Not the time of modification, which whoever may write the file may set as well.
        times = {path: os.lstat(path).st_ctime_ns for path in _places(root, read_only)}
    except OSError:
        return True
    changed = max((times[path] for path in _places(root, _timed(read_only))), default=0)
    return _moment(changed) > started.rstrip("Z") or any(map(os.path.islink, _places(root, volumes)))


def detached(root: str, mountinfo: str) -> list[str]:
    """Return the places in the container where a read-only mount is missing, by its /proc/self/mountinfo.

    A text that does not even know the workspace tells nothing.
    """
    mounted = {_plain(line.split()[4]) for line in mountinfo.splitlines() if line.count(" ") > 4}
    there = [each for each in _volumes(root) if each.read_only and not each.went_with_its_folder()]
    wanted = [f"{WORKSPACE}/.aidevcontainer", *(each.target for each in there)]
    return [target for target in wanted if target not in mounted] if WORKSPACE in mounted else []


class _Volume:
    """A mount of the agent's container: where it is on the host, and in there."""

    def __init__(self, source: str, target: str, read_only: bool) -> None:
        self.source = source
        self.target = target
        self.read_only = read_only

    def went_with_its_folder(self) -> bool:
        """Tell whether not even its folder is there, as of a worktree that the host removed."""
        return not os.path.isdir(os.path.dirname(self.source))


def _timed(volumes: list[_Volume]) -> list[_Volume]:
    """Return those whose time tells. A work tree's changes with every file in it, and so does a scaffold's.

    Both are mounted together with the work tree's `.git`, which is another file when that is another.
    """
    sources = {each.source for each in volumes}
    return [
        each
        for each in volumes
        if f"{each.source}/.git" not in sources and os.path.basename(each.source) != ".aidevcontainer"
    ]


def _places(root: str, volumes: Iterable[_Volume]) -> set[str]:
    found = {place for each in volumes for place in (each.source, _mount_point(root, each.target))}
    return found - {""}


def _mount_point(root: str, target: str) -> str:
    # Replacing what a mount lies on undoes it as well, and where files are generated that is another file.
    return root + target[len(WORKSPACE) :] if target.startswith(f"{WORKSPACE}/") else ""


def _volumes(root: str) -> list[_Volume]:
    folder = os.path.join(root, ".aidevcontainer")
    try:
        with open(os.path.join(folder, _FILE), encoding="utf-8") as file:
            found = light_json.parsed(file.read())["services"]["claude"]["volumes"]
        return [_volume(folder, each) for each in found]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _volume(folder: str, found: dict[str, Any]) -> _Volume:
    source, target = (found[name].replace("$$", "$") for name in ("source", "target"))
    return _Volume(os.path.normpath(os.path.join(folder, source)), target, found["read_only"])


def _moment(nanoseconds: int) -> str:
    """Return a time as the engine writes it, but for the Z: texts sort as times do."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    # The engine drops trailing zeros, and the Z would sort after any digit.
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:09}"


def _plain(text: str) -> str:
    import re  # not on the way of a session

    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
