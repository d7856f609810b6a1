"""Lets an engine that runs in a container limit its own containers, with cgroup v2.

Only a group without processes can pass controllers to the groups below it; a machine's root is the exception.
A container's processes are in the root that it sees, so an engine there could not start any container.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
# A process may start children while it is being moved.
_PASSES = 5


def make_room(root: Path = ROOT) -> None:
    """Moves the processes of a container's root group into one below it, and passes all controllers on.

    Does nothing on a real machine, with cgroup v1, or in a container whose own init did it already.
    """
    # The kernel's own root group has no type.
    if not (root / "cgroup.type").exists() or not _processes(root):
        return
    group = root / "init"
    with suppress(OSError):
        group.mkdir(exist_ok=True)
    for _ in range(_PASSES):
        for process in _processes(root):
            _write(group / "cgroup.procs", process)
    for controller in (root / "cgroup.controllers").read_text().split():
        _write(root / "cgroup.subtree_control", f"+{controller}")


def _processes(group: Path) -> list[str]:
    return (group / "cgroup.procs").read_text().split()


def _write(file: Path, word: str) -> None:
    # A process has ended, or a controller cannot be passed on. The engine reports what it lacks.
    with suppress(OSError), file.open("a") as opened:
        opened.write(f"{word}\n")
