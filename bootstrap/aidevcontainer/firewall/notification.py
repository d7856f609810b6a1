"""Desktop notifications about refused hosts.

A terminal's own notification is OSC 9 with a bell behind it. iTerm2, WezTerm, kitty, Ghostty and foot show
OSC 9, and other terminals ignore it; some of them know OSC 777 too, and would show both. The bell reaches all
others, also through tmux, which keeps OSC 9 for itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

from aidevcontainer.firewall import refusals
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util import programs
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.expiring import Expiring

_INTERVAL = 5  # seconds between two notifications
_AGAIN = 600  # seconds until the same host is worth another one
_LONGEST = 100  # characters of a host
# Notification servers read markup, notify-send reads backslashes, and a terminal reads control characters.
_SIGNS = frozenset(" .,:-_[]/")
_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)

# Sends a title and a text, and returns whether that worked.
Channel = Callable[[str, str], bool]


class Notifier:
    """Tells of refused hosts, at most once in a few seconds. `now` is in seconds since 1970."""

    def __init__(self, title: str, channels: list[Channel]) -> None:
        self._title = plain(title)
        self._channels = channels
        self._told = Expiring()
        self._first = ""
        self._more = 0
        self._next = 0.0

    def tell(self, found: list[Refusal], now: float) -> None:
        """Takes in refusals; `send` tells of them."""
        for host in map(refusals.host, found):
            if not self._told.has(host, now):
                self._told.add(host, now + _AGAIN)
                self._more += bool(self._first)
                self._first = self._first or plain(host)[:_LONGEST]

    def send(self, now: float) -> None:
        """Sends what there is to tell, if the last notification was long enough ago."""
        if not self._first or now < self._next:
            return
        more = f" and {self._more} more" if self._more else ""
        # Starts with a fixed word, so that no program takes it for an option.
        text = f"The firewall refused {self._first}{more}"
        self._first, self._more, self._next = "", 0, now + _INTERVAL
        # A channel that failed once fails again: a desktop without a notification server, for example.
        while self._channels and not self._channels[0](self._title, text):
            del self._channels[0]


def notifier(root: str, variables: Mapping[str, str]) -> Notifier:
    """Returns a notifier for the project at `root`. Raises Problem where nothing shows a notification."""
    found = [*_programs(programs.outside(variables.get("PATH", os.defpath), root), variables)]
    if os.isatty(2):
        found.append(lambda _, text: _to_terminal(text, variables.get("TERM", "")))
    if not found:
        raise Problem("There is no way to notify you: no notify-send or osascript, and no terminal.")
    return Notifier(f"aidevcontainer: {os.path.basename(root)}", found)


def plain(text: str) -> str:
    """Returns a text without characters that a notification could take for more than text."""
    return "".join(letter if letter.isalnum() or letter in _SIGNS else "?" for letter in text)


def _programs(path: str, variables: Mapping[str, str]) -> list[Channel]:
    # The desktop of a machine at the other end of ssh is not in front of the person.
    if variables.get("SSH_CONNECTION"):
        return []
    osascript = programs.find("osascript", path) if sys.platform == "darwin" else None
    if osascript:
        return [_Program([osascript, *(word for each in _SCRIPT for word in ("-e", each))])]
    notify_send = programs.find("notify-send", path)
    if notify_send and (variables.get("DISPLAY") or variables.get("WAYLAND_DISPLAY")):
        return [_Program([notify_send, "--app-name=aidevcontainer", "--"])]
    return []


class _Program:
    """A program that gets title and text as its last arguments."""

    def __init__(self, command: list[str]) -> None:
        self._command = command

    def __call__(self, title: str, text: str) -> bool:
        try:
            return not subprocess.run(
                [*self._command, title, text],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=2,
            ).returncode
        except (OSError, subprocess.TimeoutExpired):
            return False


def _to_terminal(text: str, terminal: str) -> bool:
    # Linux's own console prints the end of sequences that it does not know.
    sequence = "" if terminal in ("linux", "dumb") else f"\033]9;{text}\033\\"
    sys.stderr.write(f"{sequence}\a")
    sys.stderr.flush()
    return True
