"""Whether what the host's git obeys is still protected from the agent.

The host's git writes a new file and renames it over the old one, and removes folders that it empties. The
kernel then detaches what is mounted there in any other namespace (measured on Linux 6.18; by design since
3.18), so the read-only mount is gone and the new file can be written inside, until the container is started
anew.
"""

from __future__ import annotations

import os
import time

from bootstrap import plain
from bootstrap.project import WORKSPACE

# Written by git_mounts, which opening a session must not import.
_FILE = "git-mounts.local.yml"


def lost(root: str, started: str) -> bool:
    """Tell whether something that is mounted read-only changed after a container's start, or is gone.

    `started` is the engine's text for it: `2026-01-02T03:04:05.6Z`. A folder also changes when something in
    it does: `detached` tells whether it matters.
    """
    paths = _protected(root)
    try:
        # Not the time of modification, which whoever may write the file may set as well.
        changed = max((os.lstat(path).st_ctime_ns for path in paths), default=0)
    except OSError:
        return True
    return _moment(changed) > started.rstrip("Z")


def detached(root: str, mountinfo: str) -> list[str]:
    """Return the places in the container where a read-only mount is missing, by its /proc/self/mountinfo.

    A text that does not even know the workspace tells nothing.
    """
    mounted = {_plain(line.split()[4]) for line in mountinfo.splitlines() if line.count(" ") > 4}
    wanted = [f"{WORKSPACE}/.aidevcontainer", *(target for _, target in _read_only(root))]
    return [target for target in wanted if target not in mounted] if WORKSPACE in mounted else []


def _protected(root: str) -> list[str]:
    found = {place for source, target in _read_only(root) for place in (source, _mount_point(root, target))}
    return sorted(found - {""})


def _mount_point(root: str, target: str) -> str:
    # Replacing what a mount lies on undoes it as well, and where files are generated that is another file.
    return root + target[len(WORKSPACE) :] if target.startswith(f"{WORKSPACE}/") else ""


def _read_only(root: str) -> list[tuple[str, str]]:
    folder = os.path.join(root, ".aidevcontainer")
    try:
        with open(os.path.join(folder, _FILE), encoding="utf-8") as file:
            volumes = plain.parsed(file.read())["services"]["claude"]["volumes"]
        found = [(each["source"], each["target"]) for each in volumes if each["read_only"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    single = [(source.replace("$$", "$"), target.replace("$$", "$")) for source, target in found]
    return [(os.path.normpath(os.path.join(folder, source)), target) for source, target in single]


def _moment(nanoseconds: int) -> str:
    """Return a time as the engine writes it, but for the Z: texts sort as times do."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    # The engine drops trailing zeros, and the Z would sort after any digit.
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:09}"


def _plain(text: str) -> str:
    import re  # not on the way of a session

    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
