"""Where the stand-in keeps the files of a Debian package.

Programs go out of sight, data and libraries stay where Debian has them and its programs look for them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from machine.table import Package

STORE = "usr/lib/stand-in"
_NOISE = re.compile(r"/(__pycache__|test|idlelib|tkinter|ensurepip|doc|man)/|\.a$|\.perl$")


class Placing:
    """The rules for one set of packages; *triplet* as x86_64-linux-gnu; *further* programs to keep."""

    def __init__(self, packages: Iterable[Package], triplet: str, further: Iterable[str] = ()) -> None:
        known = list(packages)
        self.wanted = {name for package in known for name in package.programs.values()} | set(further)
        self.folders = tuple(f"{folder}/" for package in known for folder in package.folders)
        self._library = re.compile(rf"usr/lib/{re.escape(triplet)}/[^/]+\.so[^/]*")

    def place(self, path: str) -> str | None:
        """Return where the image has a package's file, or None for nowhere; both without a leading slash."""
        if re.fullmatch(r"usr/s?bin/[^/]+", path):
            name = posixpath.basename(path)
            return f"{STORE}/bin/{name}" if name in self.wanted else None
        loader = re.fullmatch(r"usr/(lib\w*/ld-linux[^/]*)", path)
        if loader:
            return loader[1]
        if path.startswith(self.folders) and not _NOISE.search(path):
            return path
        return path if self._library.fullmatch(path) else None
