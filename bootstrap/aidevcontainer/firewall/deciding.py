"""A person on the terminal who decides about each refused host."""

from __future__ import annotations

import math
import select
import time
from collections.abc import Callable

from aidevcontainer.firewall import advice, log, policy, question, refusals
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.control import Firewall
from aidevcontainer.firewall.question import Permission
from aidevcontainer.firewall.refusal_stream import RefusalStream
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.firewall.unasked import UnaskedHosts
from aidevcontainer.firewall.waiting import Waiting, WaitingRefusal
from aidevcontainer.util import durations
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.expiring import Expiring
from aidevcontainer.util.keyboard import Keyboard
from aidevcontainer.util.pace import Pace
from aidevcontainer.util.panel import Panel
from aidevcontainer.util.printable import answer

_BEGIN = "Waiting for refusals. Ctrl+C ends this."
_RELOAD = "If it stays refused: ./.aidevcontainer/firewall reload"
_AGAIN = 600  # seconds until the same line is shown again


class Deciding:
    """Asks about one host after the other. `tell` gets the refusals that are new on the screen, or none."""

    def __init__(
        self,
        firewall: Firewall,
        console: Console,
        unasked: UnaskedHosts,
        tell: Callable[[list[Refusal]], None],
    ) -> None:
        self._firewall = firewall
        self._lists = Lists(firewall.docker.project)
        self._console = console
        self._unasked = unasked
        self._tell = tell
        self._waiting = Waiting()
        self._asked: WaitingRefusal | None = None
        self._panel = Panel(console.paints)
        # What nothing can allow: a person can read ten lines in ten seconds.
        self._pace = Pace(10, 10)
        self._shown = Expiring()

    def run(self, stream: RefusalStream) -> None:
        """Asks until the terminal or the firewall ends; the latter raises Problem."""
        self._console.say(_BEGIN)
        with Keyboard() as keys:
            try:
                while True:
                    self._step(stream, keys)
            except EOFError:
                return
            finally:
                self._panel.clear()

    def _step(self, stream: RefusalStream, keys: Keyboard) -> None:
        self._ask(keys)
        ready = select.select([stream, keys], [], [], stream.ask())[0]
        if keys in ready:
            self._take(keys.key())
        if stream in ready:
            self._add(stream.read() or [])

    def _add(self, new: list[Refusal]) -> None:
        now = time.time()
        known = [each for each in new if refusals.host(each) not in self._unasked]
        # Any of an address's names opens it, so one question is enough.
        opening = [next(iter(refusals.entries(each)), "") for each in known]
        askable = set(advice.without_resolvers([each for each in opening if each]))
        self._tell(
            [
                each
                for each, entry in zip(known, opening, strict=True)
                if (self._waiting.add(entry, each, now) if entry in askable else self._show(each, now))
            ]
        )
        self._count(self._pace.held_back(now) + self._waiting.take_left_out(now))

    def _show(self, refusal: Refusal, now: float) -> bool:
        """Shows a refusal that no answer could allow, and returns whether a person sees it now."""
        words = refusals.words(refusal)
        if self._shown.has(words, now):
            return False
        self._shown.add(words, now + _AGAIN)
        if not self._pace.lets_through(now):
            return False
        self._panel.clear()
        answer(log.line(refusal))
        return True

    def _count(self, more: int) -> None:
        if more:
            self._panel.clear()
            self._console.warn(f"The firewall refused {more} more. See them: ./.aidevcontainer/firewall log")

    def _ask(self, keys: Keyboard) -> None:
        asked = self._waiting.next()
        is_new = asked is not None and asked != self._asked
        if asked is not None and is_new and not self._begin(asked):
            return
        self._asked = asked
        if asked is not None:
            behind, left_out = self._waiting.behind(), self._waiting.left_out
            self._panel.show([question.title(asked, behind, left_out), question.KEYS])
        if is_new:
            keys.forget()

    def _begin(self, asked: WaitingRefusal) -> bool:
        """Shows what a person needs to know for an answer; returns False if there is nothing to ask."""
        self._panel.clear()
        answer(log.line(asked.refusal))
        if not self._lists.missing([asked.entry]):
            self._console.warn(f"{asked.entry} is on the allowlist now. {_RELOAD}")
            self._waiting.allowed(asked.entry)
            return False
        for sentence in advice.of_entries([asked.entry]):
            self._console.warn(sentence)
        return True

    def _take(self, key: str) -> None:
        asked, meaning = self._asked, question.meaning(key)
        if asked is None or not meaning:
            return
        self._panel.clear()
        if meaning == question.HELP:
            answer(question.explanation() + "\n")
        elif meaning in question.ALLOWING:
            self._allow(asked.entry, question.ALLOWING[meaning])
        else:
            self._refuse(asked, meaning)

    def _allow(self, entry: str, permission: Permission) -> None:
        seconds, project = permission
        try:
            policy.permit(self._firewall, self._lists, self._console, [entry], seconds, project)
        except Problem as problem:
            # Asked again: the person may answer differently, or fix the list first.
            self._console.fail(str(problem))
            self._asked = None
            return
        self._waiting.allowed(entry, time.time() + seconds if seconds else math.inf)

    def _refuse(self, asked: WaitingRefusal, meaning: str) -> None:
        self._waiting.decline(asked.host)
        if meaning == question.SKIP:
            self._waiting.pause(time.time() + question.PAUSE)
            said = f"Skipped all. You are asked nothing for {durations.words(question.PAUSE)}."
        elif meaning == question.NEVER:
            self._unasked.add(asked.host)
            said = f"You are never asked about {asked.host} again. To undo this: {question.ASK_AGAIN}"
        else:
            said = f"Not now: {asked.host}"
        self._console.say(said)
