"""Reads files that a branch may have planted: plain files only, and never beyond a bound.

Called for bridge.yaml and for the repository's own Compose files, `.env` and Dockerfiles.
"""

from __future__ import annotations

import errno
import os
import stat

MOST_BYTES = 65536
_REASONS = {
    errno.ELOOP: "it is a symbolic link and must be a file",
    errno.EISDIR: "it is not a plain file",
}


class FileError(ValueError):
    """Why a file is refused, without a full stop. `line` counts from 1; 0 means the file as a whole."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class MissingFileError(FileError):
    """There is no such file."""


def read(path: str, most: int = MOST_BYTES) -> bytes:
    """Returns a plain file's content. Raises MissingFileError, and FileError for any other or larger one."""
    try:
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileError(0, "it is not a plain file")
            data = file.read(most + 1)
    except FileNotFoundError as error:
        raise MissingFileError(0, "there is no such file") from error
    except OSError as error:
        raise FileError(0, _REASONS.get(error.errno or 0, str(error.strerror))) from error
    check_size(data, most)
    return data


def check_size(data: bytes, most: int = MOST_BYTES) -> None:
    """Raises FileError for content that is larger than the bound."""
    if len(data) > most:
        raise FileError(0, f"it is larger than {most // 1024} KiB")


def _open(path: str, flags: int) -> int:
    # A link could lead to a place that others may write, and opening a pipe would wait for its writer.
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
