"""Asks git about a work tree whose files and references the agent can write. No question starts a program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from aidevcontainer.git.runner import Git

# As for `host_config`: another user's repository is read too.
_SAFE = ("-c", "safe.directory=*")
_QUIET = {"core.fsmonitor": "false", "core.hooksPath": os.devnull}
_SECONDS = 30


class Asked:
    """Git in one work tree."""

    def __init__(self, work_tree: str) -> None:
        self._folder = Path(work_tree)
        self._place = (*_SAFE, "--git-dir", os.path.join(work_tree, ".git"))

    def lines(self, end: str, *question: str, input: str = "") -> list[str]:
        """Returns git's answer, taken apart at `end`. Raises Problem."""
        answer = self._git.check(f"answer {question[0]}", *self._place, *question, input=os.fsencode(input))
        return [each for each in os.fsdecode(answer).split(end) if each]

    @cached_property
    def _git(self) -> Git:
        filters = dict(_without_filters(Git(self._folder, timeout=_SECONDS), self._place))
        return Git(self._folder, {**_QUIET, **filters}, timeout=_SECONDS)


def _without_filters(git: Git, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yields settings without the user's own filters, which may be files that the agent can write."""
    question = ("config", "--null", "--name-only", "--get-regexp", r"^filter\..*")
    for name in os.fsdecode(git.ask(*place, *question) or b"").split("\0"):
        driver, _, key = name.rpartition(".")
        if key in ("clean", "process", "required"):
            yield f"{driver}.{key}", "false" if key == "required" else ""
