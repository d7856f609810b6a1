"""Provides what this machine lacks to build and run the containers, after a yes: engine, base image."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.engine import diagnosis
from aidevcontainer.util.errors import Problem
from machine import base, engine, registry
from machine.engine import FoundEngine, Missing
from machine.private import PrivateEngine, all_installed

Say = Callable[[str], None]
# Shows an offer and returns the answer.
Ask = Callable[[str], bool]


class Provided(NamedTuple):
    """A reachable engine, and the private engine that this call started, or None."""

    engine: FoundEngine
    started: PrivateEngine | None


def provide_engine(say: Say, ask: Ask, private: PrivateEngine | None = None) -> Provided:
    """Makes `docker` reach an engine, in this process and its children. Raises Problem.

    Uses the caller's engine if there is one. Otherwise it starts `private`, or the private engine that is
    installed, or installs one after a yes to `ask`.
    """
    found = engine.find()
    if isinstance(found, FoundEngine):
        _record(found)
        os.environ.update(found.environment)
        return Provided(found, None)
    chosen = private or engine.stopped_private() or PrivateEngine()
    if found.without_compose:
        _check_no_rival(chosen)
    return provide_private(chosen, found.reason, say, ask)


def provide_private(private: PrivateEngine, reason: str, say: Say, ask: Ask) -> Provided:
    """Starts this private engine, and installs it after a yes to `ask`; the offer starts with `reason`."""
    if not private.installed():
        _agree(reason, private, ask)
    started = private.start(say)
    os.environ.update(private.environment())
    ready = engine.find()
    if isinstance(ready, Missing):
        raise Problem(
            f"{ready.reason}, although the private engine started. Its log: {private.home}/dockerd.log"
        )
    return Provided(ready, private if started else None)


def provide_base(say: Say, ask: Ask) -> str:
    """Returns the base image, and sets ALPINE_IMAGE to it unless it is the usual one. Raises Problem."""
    chosen = os.environ.get("ALPINE_IMAGE")
    if chosen:
        return chosen
    usual = registry.base_image()
    say(f"Downloading the base image {usual} (4 MB).")
    reason = registry.fetch(usual)
    if reason is None:
        return usual
    if not ask(_stand_in_offer(usual, reason)):
        raise Problem(
            f"The base image {usual} cannot be downloaded. Name a copy of it: "
            "export ALPINE_IMAGE=REGISTRY/alpine:3.24"
        )
    stand_in = base.ensure(say)
    os.environ["ALPINE_IMAGE"] = stand_in
    return stand_in


def _record(found: FoundEngine) -> None:
    host = found.environment.get("DOCKER_HOST")
    for private in all_installed():
        if private.environment()["DOCKER_HOST"] == host:
            private.record()


def _check_no_rival(private: PrivateEngine) -> None:
    # The running engine can be used, because it lacks only Compose.
    rival = private.rival()
    if rival is not None:
        raise Problem(
            f"{diagnosis.NO_COMPOSE} It completes the engine that is running here (process {rival}). A "
            "private engine beside it would break its networks."
        )


def _agree(reason: str, private: PrivateEngine, ask: Ask) -> None:
    private.check_possible(reason)
    release = private.release
    offer = (
        f"{reason}. A private engine can be set up: Docker {release.name} with Compose, from Debian's "
        f"packages. It downloads about {release.megabytes} MB and takes 400 MB, all below {private.home}. "
        f"Nothing of the system is changed. To remove it: python3 {_clone()} --remove-engine"
    )
    if not ask(offer):
        raise Problem(
            f"{reason}. Install Docker with Compose v2, start it, and try again: "
            "https://docs.docker.com/engine/install/"
        )


def _stand_in_offer(image: str, reason: str) -> str:
    return (
        f"The base image {image} cannot be downloaded ({reason}). If you have a copy of it, stop and name "
        "that: export ALPINE_IMAGE=REGISTRY/alpine:3.24. For trying out only, a stand-in for Alpine can be "
        "made from Debian's packages (about 55 MB). `container status` calls it a stand-in."
    )


def _clone() -> Path:
    return Path(__file__).resolve().parents[1]
