"""Care of the private engine, apart from any project: start, stop, remove."""

from __future__ import annotations

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from machine import base
from machine.options import PROGRAM
from machine.private import PrivateEngine, all_installed


def run(action: str, console: Console) -> int:
    """Do *action* (start, stop, remove) to all of this user's private engines. Raises Problem."""
    engines = all_installed()
    if not engines and action != "remove":
        raise Problem(f"There is no private engine. One is made where it is needed: {PROGRAM} PATH")
    {"start": _start, "stop": _stop, "remove": _remove}[action](engines, console)
    return 0


def _start(engines: list[PrivateEngine], console: Console) -> None:
    # Two would fight over one network.
    running = next((engine for engine in engines if engine.running()), None)
    if running is None:
        last_used = next((engine for engine in engines if engine.recorded()), engines[0])
        last_used.start(console.say)
    else:
        running.record()
    console.say("The private engine runs.")


def _stop(engines: list[PrivateEngine], console: Console) -> None:
    for engine in engines:
        engine.stop()
    console.say("The private engine is stopped.")


def _remove(engines: list[PrivateEngine], console: Console) -> None:
    for engine in engines:
        engine.remove()
    base.remove()
    console.say("The private engine and all that it stored is removed.")
