"""Claude Code's interactive interface, as a person works it: what the screens say and which key goes on."""

from __future__ import annotations

import re
import time

from .terminal import Terminal
from .wait import until

# Seconds between seeing and pressing: faster keys than a person's reach the screen before.
REACTION = 0.2

FIRST_SCREEN = r"Choose the text style"
SIGN_IN = r"Select login method"
PROMPT = r"(mode|permissions|edits) on\b"
SUSPENDED = b"Claude Code is suspended"
# Claude Code's mark of what is chosen in a list, and of its prompt.
MARK = "\u276f"
# What is asked before the first prompt, and the answer: a key, and what must be chosen before enter.
QUESTIONS = (
    (FIRST_SCREEN, "", ""),
    (r"Do you want to use this API key", "up", rf"{MARK} +Yes"),
    (r"Press Enter to continue", "", ""),
    (r"Yes, I trust this folder", "down", rf"{MARK} +Yes, I trust"),
)


def reach_prompt(terminal: Terminal, seconds: float = 40) -> str:
    """Answer the questions of a first start and return the screen with the prompt."""
    until = time.monotonic() + seconds
    answered: set[str] = set()
    while True:
        screen = terminal.wait_for("|".join([PROMPT, *_open(answered)]), max(1, until - time.monotonic()))
        asked = [
            question
            for question in QUESTIONS
            if re.search(question[0], screen) and question[0] not in answered
        ]
        if not asked:
            return screen
        pattern, key, chosen = asked[-1]
        _choose(terminal, key, chosen)
        terminal.key("enter")
        answered.add(pattern)


def _open(answered: set[str]) -> list[str]:
    return [pattern for pattern, _, _ in QUESTIONS if pattern not in answered]


def _choose(terminal: Terminal, key: str, chosen: str) -> None:
    # A list that has just been drawn does not take keys yet: press again, as a person would.
    for _ in range(5):
        time.sleep(REACTION)
        if not chosen or re.search(chosen, terminal.screen()):
            return
        terminal.key(key)
    raise AssertionError(f"{chosen!r} cannot be chosen. The screen:\n{terminal.screen()}")


def suspend(terminal: Terminal) -> None:
    """Press Ctrl+Z; return once Claude has stopped and takes keys again."""
    said = terminal.raw.count(SUSPENDED)
    terminal.key("ctrl-z")
    until(lambda: terminal.raw.count(SUSPENDED) > said, terminal.screen)
    # Claude throws away the keys that arrive while it stops.
    time.sleep(1)


def leave(terminal: Terminal, patience: int = 3) -> int:
    """Press Ctrl+C twice and return Claude's exit code.

    On a busy machine Claude may miss the first press, or see the second too late: *patience* pairs are tried.
    """
    for _ in range(patience):
        terminal.key("ctrl-c")
        if not terminal.shows(r"Press Ctrl-C again to exit", 15):
            continue
        terminal.key("ctrl-c")
        if terminal.ends(5):
            break
    return terminal.wait()
