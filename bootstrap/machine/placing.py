"""Decides where the stand-in keeps the files of a Debian package.

Programs go into a hidden store. Data and libraries stay in Debian's places, where its programs look for them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from machine.table import Package

STORE = "usr/lib/stand-in"
_NOISE = re.compile(r"/(__pycache__|test|idlelib|tkinter|ensurepip|doc|man)/|\.a$|\.perl$")


class Placing:
    """The rules for some packages. `triplet` is like x86_64-linux-gnu, `further` keeps more programs."""

    def __init__(self, packages: Iterable[Package], triplet: str, further: Iterable[str] = ()) -> None:
        known = list(packages)
        self.wanted = {name for package in known for name in package.programs.values()} | set(further)
        self.folders = tuple(f"{folder}/" for package in known for folder in package.folders)
        self._library = re.compile(rf"usr/lib/{re.escape(triplet)}/[^/]+\.so[^/]*")

    def place(self, path: str) -> str | None:
        """Returns the place of a package's file in the image, or None. Neither path starts with a slash."""
        if re.fullmatch(r"usr/s?bin/[^/]+", path):
            name = posixpath.basename(path)
            return f"{STORE}/bin/{name}" if name in self.wanted else None
        loader = re.fullmatch(r"usr/(lib\w*/ld-linux[^/]*)", path)
        if loader:
            return loader[1]
        if path.startswith(self.folders) and not _NOISE.search(path):
            return path
        return path if self._library.fullmatch(path) else None
