"""Starts, stops and removes private engines, independent of any project."""

from __future__ import annotations

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from machine import base
from machine.options import PROGRAM
from machine.private import PrivateEngine, all_installed


def run(action: str, console: Console) -> int:
    """Starts, stops or removes all of this user's private engines, as `action` says. Raises Problem."""
    engines = all_installed()
    if not engines and action != "remove":
        raise Problem(f"There is no private engine. To set one up where it is needed: {PROGRAM} PATH")
    {"start": _start, "stop": _stop, "remove": _remove}[action](engines, console)
    return 0


def _start(engines: list[PrivateEngine], console: Console) -> None:
    # Two engines would break each other's networks.
    running = next((engine for engine in engines if engine.running()), None)
    if running is None:
        last_used = next((engine for engine in engines if engine.recorded()), engines[0])
        last_used.start(console.say)
    else:
        running.record()
    console.say("The private engine is running.")


def _stop(engines: list[PrivateEngine], console: Console) -> None:
    for engine in engines:
        engine.stop()
    console.say("Stopped the private engine.")


def _remove(engines: list[PrivateEngine], console: Console) -> None:
    for engine in engines:
        engine.remove()
    base.remove()
    console.say("Removed the private engine and everything that it stored.")
