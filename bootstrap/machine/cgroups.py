"""Room for an engine's limits in a container, where cgroup v2 has a rule for all but a machine's own root.

Only a group without processes of its own hands controllers on to the groups below it. A container's processes
are in the root that it sees, so the engine's containers could have no limits there, and would not start.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
# Of the processes that are moved, some have children in the meantime.
_PASSES = 5


def make_room(root: Path = ROOT) -> None:
    """Move the processes of a container's root group into one below it, and hand all controllers on.

    Nothing happens on a machine, with cgroup v1, or where a container has a manager of its own for that.
    """
    # What is no container's has no type: it is the kernel's own root.
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
    # A process has ended, a controller cannot be handed on: the engine says what it lacks.
    with suppress(OSError), file.open("a") as opened:
        opened.write(f"{word}\n")
