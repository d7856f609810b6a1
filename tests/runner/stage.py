"""What a run of the tests stands on: an engine and a base image."""

from __future__ import annotations

import pytest

from aidevcontainer.util.console import Console
from machine import provide
from machine.engine import FoundEngine
from machine.private import PrivateEngine, all_installed


class Stage:
    """What this run stands on: an engine and a base, where a test needs them."""

    def __init__(self) -> None:
        self.base = ""
        self.provided: provide.Provided | None = None

    def prepare(self, release: str | None = None) -> None:
        """Provide what is missing, without a question: whoever runs the tests has asked for it.

        With *release* the tests run on that private engine, whatever else the machine has.

        Raises Problem where there can be no engine.
        """
        console = Console()

        def agree(offer: str) -> bool:
            console.say(offer)
            return True

        if release:
            reason = f"The tests are to run on Docker {release}"
            self.provided = provide.provide_private(PrivateEngine(release), reason, console.say, agree)
        else:
            self.provided = provide.provide_engine(console.say, agree)
        self.base = provide.provide_base(console.say, agree)

    def engine(self) -> FoundEngine | None:
        """Return the engine when it and a base image are there."""
        return self.provided.engine if self.provided and self.base else None

    def clear(self) -> None:
        """Stop the engine if this run started it."""
        if self.provided and self.provided.started:
            Console().say("Stopping the private engine.")
            self.provided.started.stop()


KEY = pytest.StashKey[Stage]()


def described(config: pytest.Config | None) -> str:
    """Return the report's line on what the run stood on."""
    stage = config.stash.get(KEY, None) if config else None
    engine = stage.engine() if stage else None
    if stage and engine:
        private = " (private)" if any(made.running() for made in all_installed()) else ""
        return f"Engine {engine.version}{private} with Compose {engine.compose}, base {stage.base}"
    return "No engine: no selected test needs one"
