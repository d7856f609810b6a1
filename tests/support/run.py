"""Running programs, with both outputs kept for the failure message."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class FailedError(AssertionError):
    """A program that had to succeed did not."""


class Finished(NamedTuple):
    """Exit code and outputs (text) of a program that ended."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str

    def checked(self) -> Finished:
        """Return self, or raise :class:`FailedError` with everything the program said."""
        if self.code:
            said = f"--- stdout\n{self.out}\n--- stderr\n{self.err}"
            raise FailedError(f"exit code {self.code}: {' '.join(self.command)}\n{said}")
        return self


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    input: str | bytes | None = "",
    timeout: float = 120,
    become: Callable[[], None] | None = None,
) -> Finished:
    """Run *command* to its end; *become* runs in the child first, to change user.

    Raises `subprocess.TimeoutExpired` after *timeout* seconds.
    """
    done = subprocess.run(
        list(command),
        cwd=cwd,
        env=env,
        input=input.encode() if isinstance(input, str) else input,
        capture_output=True,
        timeout=timeout,
        preexec_fn=become,
        check=False,
    )
    return Finished(
        tuple(command),
        done.returncode,
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
    )
