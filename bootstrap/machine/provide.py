"""What this machine lacks to build and run the product, provided after a yes: an engine, a base image."""

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
# Shows what would be done and asks for a yes; False when the answer is no.
Ask = Callable[[str], bool]


class Provided(NamedTuple):
    """An engine that is now reachable, and what stops it again if this call started it."""

    engine: FoundEngine
    started: PrivateEngine | None


def provide_engine(say: Say, ask: Ask, private: PrivateEngine | None = None) -> Provided:
    """Make `docker` of this process and its children reach an engine. Raises Problem.

    The caller's own engine is used as it is. Else a private one: *private* where the caller has a wish, or
    what is installed. What is not installed yet is, after a yes to *ask*.
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
    """As :func:`provide_engine`, with just this engine; *reason*, the offer's beginning, says what for."""
    if not private.installed():
        _agree(reason, private, ask)
    started = private.start(say)
    os.environ.update(private.environment())
    ready = engine.find()
    if isinstance(ready, Missing):
        raise Problem(
            f"{ready.reason}, although the private one was started. See {private.home}/dockerd.log."
        )
    return Provided(ready, private if started else None)


def provide_base(say: Say, ask: Ask) -> str:
    """Return the base image to build on, and name it in ALPINE_IMAGE if it is not the usual one.

    Raises Problem.
    """
    chosen = os.environ.get("ALPINE_IMAGE")
    if chosen:
        return chosen
    usual = registry.base_image()
    say(f"Fetching the base image {usual} (4 MB).")
    reason = registry.fetch(usual)
    if reason is None:
        return usual
    if not ask(_stand_in_offer(usual, reason)):
        raise Problem(
            f"{usual} cannot be fetched. Name a copy of it: export ALPINE_IMAGE=REGISTRY/alpine:3.24"
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
    # The engine that is in the way is the one to use, and it lacks no more than that.
    rival = private.rival()
    if rival is not None:
        raise Problem(
            f"{diagnosis.NO_COMPOSE} Then the container engine that runs on this machine already (process "
            f"{rival}) can be used; a private one beside it would break its networks."
        )


def _agree(reason: str, private: PrivateEngine, ask: Ask) -> None:
    private.check_possible(reason)
    release = private.release
    offer = (
        f"{reason}. A private one can be made here, Docker {release.name} with Compose, of Debian's "
        f"packages: about {release.megabytes} MB to download, 400 MB on disk, all below {private.home}. "
        f"Nothing of the system is changed; `python3 {_clone()} --remove-engine` removes it."
    )
    if not ask(offer):
        raise Problem(
            f"{reason}. Install Docker with Compose v2 (https://docs.docker.com/engine/install/), "
            "start it, and try again."
        )


def _stand_in_offer(image: str, reason: str) -> str:
    return (
        f"The image registry does not give {image} ({reason}). If you reach a copy of it, name that: "
        "export ALPINE_IMAGE=REGISTRY/alpine:3.24. For trying out only, a stand-in for Alpine can be made "
        "of Debian's packages (about 55 MB); `container status` calls it a stand-in."
    )


def _clone() -> Path:
    return Path(__file__).resolve().parents[1]
