"""Removes folders as far as it can, and names what stays with the command that removes it."""

from __future__ import annotations

import errno
import os
import re
import shlex
import stat
import subprocess
from collections.abc import Collection
from typing import NamedTuple

_MOUNTS = "/proc/self/mountinfo"


class Stuck(NamedTuple):
    """A file or folder that could not be removed, the reason, and the command that removes it."""

    path: str
    reason: str
    command: str

    def sentence(self) -> str:
        """Returns it for a person."""
        return f"{self.path} stays ({self.reason}). To remove it: {self.command}"


def tree(folder: str, kept: Collection[str] = ()) -> list[Stuck]:
    """Removes a folder with everything in it except the paths in `kept` and what is mounted there.

    Goes on after a failure, so that a second run has only the rest to do. Returns what stays unexpectedly.
    """
    mounted = frozenset(mounts_below(folder))
    if not (kept or mounted):
        # Fast, and no folder is too deep for it.
        _succeeds("rm", "-rf", "--", folder)
    stuck: list[Stuck] = []
    try:
        _remove(folder, frozenset(kept), mounted, stuck)
    except RecursionError:
        stuck.append(Stuck(folder, "its folders are too deep", f"rm -rf {shlex.quote(folder)}"))
    return stuck


def mounts_below(folder: str) -> list[str]:
    """Returns the paths below a folder on which something is mounted, the deepest ones first."""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            places = [_plain(line.split()[4]) for line in file]
    except OSError:
        return []  # another system than Linux
    start = os.path.realpath(folder).rstrip("/") + "/"
    # The last one on a path is on top.
    return sorted((place for place in places if place.startswith(start)), reverse=True)


def release(folder: str) -> None:
    """Unmounts everything below a folder, as far as that is possible."""
    for place in mounts_below(folder):
        # Somebody may still use it: then the system lets go of it as soon as they end.
        if not _succeeds("umount", place):
            _succeeds("umount", "-l", place)


def _remove(path: str, kept: frozenset[str], mounted: frozenset[str], stuck: list[Stuck]) -> bool:
    """Removes a path and returns whether it is gone."""
    if path in kept:
        return False
    if mounted and os.path.realpath(path) in mounted and not os.path.islink(path):
        stuck.append(Stuck(path, "something is mounted there", _command(path, mounted=True)))
        return False
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return True
        # All of them, also after the first that stays.
        gone = [_remove(os.path.join(path, name), kept, mounted, stuck) for name in sorted(os.listdir(path))]
        if all(gone):
            os.rmdir(path)
        return all(gone)
    except FileNotFoundError:
        return True
    except OSError as error:
        stuck.append(_stuck(path, error))
        return False


def _stuck(path: str, error: OSError) -> Stuck:
    reason = (error.strerror or str(error)).lower()
    return Stuck(path, reason, _command(path, mounted=error.errno == errno.EBUSY))


def _command(path: str, *, mounted: bool) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    unmount = f"{sudo}umount -R {shlex.quote(path)} && " if mounted else ""
    return f"{unmount}{sudo}rm -r {shlex.quote(path)}"


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
