"""The scaffold's files that git ignores: teammates never get them, and an update takes them for deleted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from aidevcontainer.git.runner import Git
from aidevcontainer.project import manifest
from aidevcontainer.project.manifest import ENTRIES, FOLDER, MACHINE_CERTIFICATES, Owner

_COMMITTED = (Owner.TEMPLATE, Owner.PROJECT)
HELP = (
    f"Remove that rule, or add these two lines at the end of .gitignore: !/{FOLDER}/ and !/{FOLDER}/**\n"
    f"Then: git add {FOLDER} && git commit -m 'Keep {FOLDER}'"
)


def files(git: Git, *, tracked_too: bool = False) -> list[str]:
    """Returns the scaffold's files that git ignores, relative to the project, the most important ones first.

    With `tracked_too` also those that git tracks already. Raises Problem without a git.
    """
    names = sorted(_names(git.folder), key=_rank)
    options = ("--no-index",) if tracked_too else ()
    given = "".join(f"{name}\0" for name in names)
    found = git.ask("check-ignore", *options, "-z", "--stdin", input=os.fsencode(given)) or b""
    return [os.fsdecode(name) for name in found.split(b"\0") if name]


def more(names: list[str]) -> str:
    """Returns the first of some names, and how many there are besides."""
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _names(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root / FOLDER):
        folders.sort()
        for name in names:
            path = Path(folder, name).relative_to(root).as_posix()
            if _is_committed(path):
                yield path


def _is_committed(path: str) -> bool:
    entry = manifest.entry(path)
    of_machine = fnmatch(path, f"{FOLDER}/{MACHINE_CERTIFICATES}")
    return entry is not manifest.OTHER and entry.owner in _COMMITTED and not of_machine


def _rank(path: str) -> tuple[int, str]:
    return ENTRIES.index(manifest.entry(path)), path
