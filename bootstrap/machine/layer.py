"""Writes the stand-in's file system as one tar archive, without unpacking to disk and without root."""

from __future__ import annotations

import io
import posixpath
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from aidevcontainer.util.errors import Problem
from machine.placing import STORE, Placing


class Layer:
    """A tar archive that is being written. It keeps the first of two entries with one path."""

    def __init__(self, target: tarfile.TarFile) -> None:
        self._target = target
        self._known: set[str] = set()

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Adds a file."""
        entry = tarfile.TarInfo(path)
        entry.size, entry.mode = len(content), mode
        self._add(entry, io.BytesIO(content))

    def link(self, path: str, target: str) -> None:
        """Adds a symbolic link."""
        entry = tarfile.TarInfo(path)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._add(entry)

    def folder(self, path: str, mode: int = 0o755) -> None:
        """Adds an empty folder."""
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self._add(entry)

    def rootfs(self, archive: Path) -> None:
        """Adds every entry of a root file system's archive."""
        with tarfile.open(archive) as source:
            for entry in source:
                self._add(entry, source.extractfile(entry) if entry.isreg() else None)

    def package(self, deb: Path, placing: Placing) -> None:
        """Adds the entries of a Debian package that `placing` has a place for. Raises Problem."""
        for source, entry in members(deb):
            self.member(source, entry, placing)

    def _add(self, entry: tarfile.TarInfo, content: IO[bytes] | None = None) -> None:
        # The engine refuses an archive with a path twice.
        path = posixpath.normpath(entry.name)
        if path not in self._known:
            self._known.add(path)
            self._target.addfile(entry, content)

    def member(self, source: tarfile.TarFile, entry: tarfile.TarInfo, placing: Placing) -> None:
        """Adds one entry of a Debian package, read from `source`, if `placing` has a place for it."""
        path = posixpath.normpath(entry.name)
        place = placing.place(path)
        if place is None or entry.isdir():
            return
        content = source.extractfile(entry) if entry.isreg() else None
        if entry.islnk():
            linked = posixpath.normpath(entry.linkname)
            entry.linkname = placing.place(linked) or linked
        elif entry.issym() and not place.startswith(STORE) and place != path:
            entry.linkname = "/" + posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.linkname))
        entry.name, entry.uid, entry.gid, entry.uname, entry.gname = place, 0, 0, "", ""
        self._add(entry, content)


def members(deb: Path) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Yields the entries of a Debian package; read each one before the next. Raises Problem."""
    command = ["dpkg-deb", "--fsys-tarfile", str(deb)]
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process, _stream(process) as source:
            for entry in source:
                yield source, entry
    except tarfile.ReadError as error:
        raise Problem(f"The package {deb} is damaged ({error}). Delete it and try again: rm {deb}") from error


def _stream(process: subprocess.Popen[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=process.stdout, mode="r|")


def contents(deb: Path, suffix: str) -> bytes:
    """Returns the content of all files of a Debian package whose path ends with `suffix`."""
    found = b""
    for source, entry in members(deb):
        content = source.extractfile(entry) if entry.isreg() and entry.name.endswith(suffix) else None
        found += content.read() if content else b""
    return found
