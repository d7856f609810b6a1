"""`firewall log`: refusals, as lines for people or objects for programs."""

from __future__ import annotations

import json
import sys
import time
from typing import TypeVar

from aidevcontainer.firewall import journal, refusals
from aidevcontainer.firewall.control import Firewall
from aidevcontainer.firewall.journal import Connection
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util import moments
from aidevcontainer.util.printable import answer

# Loads packages, which only `follow` needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from aidevcontainer.engine.docker_cli import Docker


_Timed = TypeVar("_Timed", Connection, Refusal)


def show(firewall: Firewall, span: int | None, as_json: bool) -> int:
    """Prints the refusals of the last `span` seconds (None: all that are known). Raises Problem."""
    shown = since(journal.refusals(firewall.refused()), span)
    write(shown, as_json)
    if not (shown or as_json):
        sys.stdout.write("The firewall refused nothing.\n")
    return 0


def follow(docker: Docker, span: int | None, as_json: bool) -> int:
    """Prints the same, and then every new refusal. Raises Problem when the container ends."""
    from aidevcontainer.firewall.refusal_stream import RefusalStream  # loads what `show` does without

    firewall = Firewall(docker)
    found = journal.refusals(firewall.refused())
    write(since(found, span), as_json)
    with RefusalStream(docker, firewall.container, found) as stream:
        for new in stream:
            write(new, as_json)
    return 0


def write(found: list[Refusal], as_json: bool) -> None:
    """Prints refusals, one in each line."""
    for each in found:
        answer(_object(each) if as_json else line(each))
    sys.stdout.flush()


def since(found: list[_Timed], span: int | None) -> list[_Timed]:
    """Returns what happened in the last `span` seconds (None: all)."""
    oldest = time.time() - span if span is not None else 0
    return [each for each in found if each.time >= oldest]


def _object(refusal: Refusal) -> str:
    parts = {
        "name": refusal.names[0] if refusal.names else "",
        "names": refusal.names[1:] and refusal.names,
        "protocol": refusal.protocol,
        "address": refusal.address,
        "port": refusal.port,
        "reason": refusal.reason,
    }
    known = {key: value for key, value in parts.items() if value}
    return json.dumps({"time": moments.for_programs(refusal.time), "count": refusal.times, **known}) + "\n"


def line(refusal: Refusal) -> str:
    """Returns a refusal's line for a person."""
    return f"{moments.for_people(refusal.time)} {refusal.times:>5}x  {refusals.words(refusal)}\n"
