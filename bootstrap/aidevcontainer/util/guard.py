"""The outermost frame of a helper: every failure becomes a sentence and an exit code."""

from __future__ import annotations

import errno
import os
import sys

from aidevcontainer.util import interrupt
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, Problem

# What typing has under this name costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130
# A shell's exit code for a program that SIGPIPE ended.
NOBODY_READS = 141

_OWNER = " See who owns it: ls -ld '{0}'"
_HINTS = {
    errno.ENOSPC: " See what is full: df -h '{0}'",
    errno.EDQUOT: " See what is full: df -h '{0}'",
    errno.EACCES: _OWNER,
    errno.EPERM: _OWNER,
    errno.EROFS: " The file system is read-only: mount | grep ' ro,'",
}


def guarded(console: Console, work: Callable[[], int]) -> int:
    """Runs some work and returns its exit code, or that of its failure."""
    interrupt.is_raised()
    try:
        return _told(console, work)
    except BrokenPipeError:
        # The reader (`status | head -1`) has seen enough. Python writes once more when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return NOBODY_READS
    except KeyboardInterrupt:
        console.clear_line()
        return INTERRUPTED


def _told(console: Console, work: Callable[[], int]) -> int:
    try:
        code = work()
    except Problem as problem:
        _fail(console, str(problem))
        code = problem.code
    except (BrokenPipeError, KeyboardInterrupt):
        # Copier's own KeyboardInterrupt is an Exception as well.
        raise
    except OSError as error:
        _fail(console, _sentence(error))
        code = FAILED
    except Exception as error:
        from aidevcontainer.util import error_log  # loads what only a bug needs

        _fail(console, error_log.sentence(error))
        code = FAILED
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _fail(console: Console, text: str) -> None:
    console.clear_line()
    console.fail(text)
    console.answer_failure(text)


def _sentence(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    hint = _HINTS.get(error.errno or 0, "").format(error.filename or ".")
    return f"System error: {error.strerror or error}{where}.{hint}"
