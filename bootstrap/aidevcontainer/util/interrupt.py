"""Ctrl+C: while modules load there is nothing to put right, and Python may lose it or show a traceback."""

from __future__ import annotations

from aidevcontainer.util.light_json import signal


def ends() -> None:
    """Have it end this process at once, without a word. Where a caller had it ignored, it stays so."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_raised() -> None:
    """Have it arrive as KeyboardInterrupt again, so that what was begun is put right."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
