"""Files on disk: replaced in one step, and never read beyond a limit.

On the way of every session and part of the bridge's image, so it imports nothing but `os`.
"""

from __future__ import annotations

import os

# The helpers' own files are far smaller. A larger file has another purpose.
MOST_BYTES = 1_000_000


def write(path: str, content: bytes | str, mode: int | None = None) -> None:
    """Replaces a file in one step, so that readers see the old content or the new one. Raises OSError.

    Text is UTF-8, and bytes that are not text come back as they were (`surrogateescape`). Without `mode` a
    file keeps its permissions, and a new one gets what the umask leaves of 0o666.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    draft = f"{path}.{os.getpid()}.new"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
        with open(descriptor, "wb") as file:
            file.write(data)
        _permit(draft, path, mode)
        os.replace(draft, path)
    except OSError:
        remove(draft)
        raise


def read(path: str, most: int = MOST_BYTES) -> bytes | None:
    """Returns a file's content, or None where there is no such file. Raises OSError.

    A file with more than `most` bytes is an OSError too: half of it could mean something else.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        return None
    if len(content) > most:
        raise OSError(27, "the file is larger than it can be", path)  # EFBIG
    return content


def read_text(path: str, most: int = MOST_BYTES) -> str:
    """Returns a file's text, empty where there is no such file; bytes as in `write`. Raises OSError."""
    return (read(path, most) or b"").decode("utf-8", "surrogateescape")


def remove(path: str) -> None:
    """Removes a file, if there is one and it can be removed."""
    try:
        os.unlink(path)
    except OSError:
        return


def _permit(draft: str, path: str, mode: int | None) -> None:
    if mode is None:
        try:
            mode = os.stat(path).st_mode & 0o7777
        except FileNotFoundError:
            return
    os.chmod(draft, mode)
