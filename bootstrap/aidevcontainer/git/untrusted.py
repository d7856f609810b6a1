"""Reads files that the agent could have made: plain files only, and at most as much as git reads of them."""

from __future__ import annotations

import os
import stat

MOST_BYTES = 1 << 20


class UnreadableError(Exception):
    """Why a file that exists was not read, as the end of a sentence."""


def read(path: str) -> bytes:
    """Returns a file's content, empty where there is no file. Raises UnreadableError."""
    try:
        # Opening a pipe would wait forever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise UnreadableError(str(error.strerror)) from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableError("it is not a plain file")
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadableError("it is larger than 1 MB")
    return content
