"""`firewall watch`: shows each refusal as it happens, and lets the person on the terminal decide."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall import journal, log, notification, refusals
from aidevcontainer.firewall.control import Firewall
from aidevcontainer.firewall.deciding import Deciding
from aidevcontainer.firewall.refusal_stream import RefusalStream
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.firewall.unasked import UnaskedHosts
from aidevcontainer.util import keyboard
from aidevcontainer.util.console import Console

_NOBODY = "This shows refusals and takes no answers, because there is no terminal to answer on."


class WatchOptions(NamedTuple):
    """The command line."""

    as_json: bool
    notify: bool
    ask_again: bool


def run(docker: Docker, options: WatchOptions, console: Console) -> int:
    """Shows new refusals and takes answers until Ctrl+C. Raises Problem when the firewall ends."""
    unasked = UnaskedHosts(docker.project)
    if options.ask_again:
        _ask_again(unasked, console)
    tell = _notifications(docker, unasked) if options.notify else _nothing
    firewall = Firewall(docker)
    known = journal.refusals(firewall.refused())
    try:
        with RefusalStream(docker, firewall.container, known) as stream:
            if keyboard.usable() and not options.as_json:
                Deciding(firewall, console, unasked, tell).run(stream)
            else:
                _show(stream, options.as_json, console, tell)
    except KeyboardInterrupt:
        # Ctrl+C is how this is meant to end.
        pass
    return 0


def _show(
    stream: RefusalStream, as_json: bool, console: Console, tell: Callable[[list[Refusal]], None]
) -> None:
    if not as_json:
        console.say(_NOBODY)
    for new in stream:
        log.write(new, as_json)
        tell(new)


def _ask_again(unasked: UnaskedHosts, console: Console) -> None:
    hosts = ", ".join(unasked.clear())
    console.say(f"You are asked again about: {hosts}" if hosts else "No host had the answer 'never'.")


def _notifications(docker: Docker, unasked: UnaskedHosts) -> Callable[[list[Refusal]], None]:
    notifier = notification.notifier(docker.project.root, os.environ)

    def tell(new: list[Refusal]) -> None:
        now = time.time()
        notifier.tell([each for each in new if refusals.host(each) not in unasked], now)
        notifier.send(now)

    return tell


def _nothing(_: list[Refusal]) -> None:
    return
