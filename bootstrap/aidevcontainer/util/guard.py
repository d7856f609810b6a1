"""The outermost frame of a helper: whatever happens in it, a user sees sentences."""

from __future__ import annotations

import errno
import os
import sys

from aidevcontainer.util import interrupt
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, Problem

# On the way of every session, for which this would cost a millisecond.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130
# What a shell makes of SIGPIPE.
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
    """Run some work and return its exit code, or that of its failure."""
    interrupt.is_raised()
    try:
        return _told(console, work)
    except BrokenPipeError:
        # Whoever closes the pipe (`status | head -1`) has seen enough; Python writes once more at its end.
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
    except BrokenPipeError:
        raise
    except OSError as error:
        _fail(console, _sentence(error))
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
    return f"The machine refused something the helper needs: {error.strerror or error}{where}.{hint}"
