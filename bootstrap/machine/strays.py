"""Processes of a private engine that outlived it: containerd, its shims, and the containers below them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_SECONDS = 5


def end(home: Path) -> None:
    """Ends all processes whose program is in `home`, and those that they started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        found = _find(home)
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        _await(found)


def _find(home: Path) -> set[int]:
    parents = {int(path.name): _parent(path) for path in _PROC.glob("[0-9]*")}
    own = {pid for pid in parents if _runs_from(pid, home)}
    while below := {pid for pid, parent in parents.items() if parent in own} - own:
        own |= below
    return own - {os.getpid()} if own else own


def _await(pids: set[int]) -> None:
    until = time.monotonic() + _SECONDS
    while any(_is_alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)


def _runs_from(pid: int, home: Path) -> bool:
    try:
        program = (_PROC / str(pid) / "exe").readlink()
    except OSError:
        return False
    return home.resolve() in program.parents


def _parent(process: Path) -> int:
    try:
        # After the name, which may contain spaces: state, parent.
        return int((process / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _is_alive(pid: int) -> bool:
    try:
        state = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"
