"""Checks the free space on the disks of the engine and of the project."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.doctor.context import Context, quoted
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, ok, warning

AREA = Area("disk")

_GIB = 1 << 30
# An image and its build take about 1 GiB, Claude unpacked another half.
_LITTLE, _NOTHING = 2 * _GIB, _GIB // 4
_FEW_FILES = 1000


@AREA.check(
    "engine",
    "the engine's disk has enough free space",
    "On a full disk a build or the unpacking of Claude fails, and the firewall cannot store a new list.",
)
def _engine(context: Context) -> Iterator[Remark]:
    folder = str(context.info.get("DockerRootDir") or "")
    free = _free(folder) if os.path.isdir(folder) else _free_inside(context)
    yield from _judge(free, f"The engine's disk ({folder})", "docker system df, then: docker system prune")


@AREA.check(
    "project",
    "the project's disk has enough free space",
    "On a full disk Claude's edits and git's own files are lost or cut off.",
)
def _project(context: Context) -> Iterator[Remark]:
    yield from _judge(
        _free(context.root),
        f"The disk of {context.root}",
        f"See what is large: du -xsh {quoted(context.root)}/*",
    )
    entries = os.statvfs(context.root)
    if entries.f_files and entries.f_favail < _FEW_FILES:
        yield warning(
            f"The disk of {context.root} can hold only {entries.f_favail} more files.",
            "Remove folders with many small files, such as old builds and package caches",
        )


def _judge(free: int, where: str, fix: str) -> Iterator[Remark]:
    text = f"{where} has {free / _GIB:.1f} GiB of free space"
    if free < _NOTHING:
        yield error(f"{text}.", fix)
    elif free < _LITTLE:
        yield warning(f"{text}. A build needs 2 GiB.", fix)
    else:
        yield ok(text)


def _free(path: str) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def _free_inside(context: Context) -> int:
    # The engine runs in a virtual machine, or only root may see its folder.
    lines = context.in_firewall("df", "-kP", "/opt/claude").out.splitlines()
    fields = lines[-1].split() if len(lines) > 1 else []
    if len(fields) < 4 or not fields[3].isdigit():
        raise SkippedError("the engine's disk cannot be seen from here")
    return int(fields[3]) << 10
