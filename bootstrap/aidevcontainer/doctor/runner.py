"""Runs all checks at once. A check that fails or hangs affects no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import NamedTuple

from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import NOTE, OK, Check, Finding, Remark, SkippedError, warning


class CheckOutcome(NamedTuple):
    """The findings of one check. `skipped` is the reason why it was not done, or empty."""

    check: Check
    findings: list[Finding]
    skipped: str

    @property
    def passed(self) -> bool:
        """Whether the check was done, without a warning or an error."""
        return not self.skipped and all(each.level in (OK, NOTE) for each in self.findings)


class _Run(threading.Thread):
    # A daemon thread does not keep the process alive if it hangs.
    def __init__(self, check: Check, context: Context) -> None:
        super().__init__(daemon=True, name=check.id)
        self._check, self._context = check, context
        self._remarks: list[Remark] = []
        self._skipped = ""

    def run(self) -> None:
        try:
            self._remarks.extend(self._check.run(self._context))
        except SkippedError as reason:
            self._skipped = str(reason)
        except Exception as reason:
            # The results of the other checks must still be shown.
            self._remarks.append(_failure(f"{type(reason).__name__}: {reason}"))

    def outcome(self, deadline: float) -> CheckOutcome:
        self.join(max(deadline - time.monotonic(), 0))
        remarks = list(self._remarks)
        if self.is_alive():
            remarks.append(_failure(f"no answer within {self._check.seconds:.0f} s"))
        return CheckOutcome(self._check, [self._check.finding(each) for each in remarks], self._skipped)


def run(checks: Iterable[Check], context: Context) -> list[CheckOutcome]:
    """Runs all checks, each within its own time limit, and returns their outcomes in the same order."""
    runs = [(_Run(each, context), time.monotonic() + each.seconds) for each in checks]
    for thread, _ in runs:
        thread.start()
    return [thread.outcome(deadline) for thread, deadline in runs]


def _failure(reason: str) -> Remark:
    return warning(
        f"This check failed: {reason}.",
        "Try again: ./.aidevcontainer/container doctor. If it happens again, please report this sentence.",
    )
