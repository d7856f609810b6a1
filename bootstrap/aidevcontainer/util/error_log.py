"""A log file for an unexpected error, so that a person sees a sentence and a bug report has the traceback."""

from __future__ import annotations

import os
import sys
import time
import traceback
from importlib import metadata

from aidevcontainer.util import cache, files, trace

_KEPT = 19  # logs besides the new one


def sentence(error: Exception) -> str:
    """Writes the log and returns what to tell a person: the error, and the log's path where there is one."""
    lines = str(error).strip().splitlines()
    what = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    try:
        return (
            f"The helper stopped because of an unexpected error ({what}); the details are in {_write(error)}"
        )
    except OSError:
        return f"The helper stopped because of an unexpected error ({what})."


def _write(error: Exception) -> str:
    folder = cache.path("logs")
    path = os.path.join(folder, f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log")
    os.makedirs(folder, exist_ok=True)
    for old in sorted(name for name in os.listdir(folder) if name.startswith("error-"))[:-_KEPT]:
        files.remove(os.path.join(folder, old))
    # A message may quote a file's content, so nobody else may read it.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_text(error))
    return path


def _text(error: Exception) -> str:
    rows = (
        f"aidevcontainer {_version()}",
        f"Python {sys.version.split()[0]} on {sys.platform}",
        f"Command: {trace.shown(sys.argv)}",
        "",
    )
    return "\n".join(rows) + "\n" + "".join(traceback.format_exception(error))


def _version() -> str:
    try:
        return metadata.version("aidevcontainer")
    except metadata.PackageNotFoundError:
        return "(not installed)"
