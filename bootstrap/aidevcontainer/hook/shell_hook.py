"""Adds a line to a hook that is a shell script, where the script reaches it."""

from __future__ import annotations

import os
import re
import subprocess

from aidevcontainer.hook.insertion import UnfitError

_SHELLS = ("sh", "ash", "bash", "dash", "ksh", "mksh", "zsh", "busybox")
# Nothing after such a line may run.
_LEAVES = re.compile(r"^(exit|exec|return)\b", re.MULTILINE)
# The shebang, comments and empty lines.
_HEAD = re.compile(r"\A(?:[ \t]*(?:#.*)?\n)*")


def with_line(text: str, line: str) -> str:
    """Returns a script with a line at its end, or before its first command. Raises UnfitError."""
    if not _is_shell(text):
        raise UnfitError("it is not a shell script")
    at_end = f"{text}\n{line}" if text and not text.endswith("\n") else text + line
    head = _HEAD.match(text)
    start = head.end() if head else 0
    at_start = text[:start] + line + text[start:]
    for result in (at_end, at_start) if _runs_to_the_end(text) else (at_start,):
        if _is_valid(result) or not _is_valid(text):
            return result
    raise UnfitError("it cannot take another line")


def _is_shell(text: str) -> bool:
    if not text.startswith("#!"):
        return True
    words = text[2:].partition("\n")[0].split()
    names = [os.path.basename(word) for word in words if not word.startswith("-")]
    return any(name in _SHELLS for name in names[:2])


def _runs_to_the_end(text: str) -> bool:
    # A parenthesis alone is an error, unless the end of the script is inside of a text.
    in_text = _is_valid(f"{text}\n)\n")
    return not (_LEAVES.search(text) or text.rstrip("\n").endswith("\\") or in_text)


def _is_valid(text: str) -> bool:
    """Returns whether a shell can parse a script. It runs nothing of it."""
    done = subprocess.run(
        ["/bin/sh", "-n"], input=os.fsencode(text), capture_output=True, check=False, env={}
    )
    return done.returncode == 0
