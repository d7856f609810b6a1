"""The outermost frame of a helper: whatever happens in it, a user sees sentences."""

from __future__ import annotations

import errno
from typing import Callable

from bootstrap.console import Console
from bootstrap.problem import FAILED, Problem

INTERRUPTED = 130

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
    try:
        return work()
    except Problem as problem:
        console.clear_line()
        console.fail(str(problem))
        return problem.code
    except KeyboardInterrupt:
        console.clear_line()
        return INTERRUPTED
    except OSError as error:
        console.clear_line()
        console.fail(_sentence(error))
        return FAILED


def _sentence(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    hint = _HINTS.get(error.errno or 0, "").format(error.filename or ".")
    return f"The machine refused something the helper needs: {error.strerror or error}{where}.{hint}"
