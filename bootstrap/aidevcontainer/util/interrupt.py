"""Ctrl+C. While modules load there is nothing to clean up, and Python may lose it or print a traceback."""

from __future__ import annotations

from aidevcontainer.util.light_json import signal


def ends() -> None:
    """Makes Ctrl+C end this process at once, without a message. An ignored Ctrl+C stays ignored."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_raised() -> None:
    """Makes Ctrl+C raise KeyboardInterrupt again, so that unfinished work is cleaned up."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
