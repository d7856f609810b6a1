"""`firewall log`: refusals, as lines for people or objects for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator

from aidevcontainer.firewall import refusals
from aidevcontainer.firewall.control import Firewall
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.printable import answer

# Loads packages, which only `follow` needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from aidevcontainer.engine.docker_cli import Docker


def show(firewall: Firewall, span: int | None, as_json: bool) -> int:
    """Prints the refusals of the last `span` seconds (None: all that are known). Raises Problem."""
    shown = _since(refusals.parse(firewall.refused()), span)
    _print(shown, as_json)
    if not (shown or as_json):
        sys.stdout.write("The firewall refused nothing.\n")
    return 0


def follow(docker: Docker, span: int | None, as_json: bool) -> int:
    """Prints the same, and then every new refusal. Raises Problem when the container ends."""
    firewall = Firewall(docker)
    found = refusals.parse(firewall.refused())
    _print(_since(found, span), as_json)
    for snapshot in _snapshots(docker, firewall.container):
        _print(refusals.newer(snapshot, found), as_json)
        found = snapshot
    raise Problem(
        "The firewall's container ended, so there are no more refusals to show. "
        "Start it: ./.aidevcontainer/container up"
    )


def _since(found: list[Refusal], span: int | None) -> list[Refusal]:
    oldest = time.time() - span if span is not None else 0
    return [each for each in found if each.time >= oldest]


def _snapshots(docker: Docker, container: str) -> Iterator[list[Refusal]]:
    from aidevcontainer.firewall import stream  # takes as long to load as everything that `show` does

    yield from _parsed(stream.lines(docker, container, "firewall/refused.sh", "--json", "--follow"))


def _parsed(output: Iterable[str]) -> Iterator[list[Refusal]]:
    # An empty line ends each snapshot.
    lines: list[str] = []
    for line in output:
        if line.strip():
            lines.append(line)
        else:
            yield refusals.parse("".join(lines))
            lines = []


def _print(found: list[Refusal], as_json: bool) -> None:
    for each in found:
        answer(_object(each) if as_json else _line(each))
    sys.stdout.flush()


def _object(refusal: Refusal) -> str:
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(refusal.time))
    parts = {
        "name": refusal.names[0] if refusal.names else "",
        "names": refusal.names[1:] and refusal.names,
        "protocol": refusal.protocol,
        "address": refusal.address,
        "port": refusal.port,
        "reason": refusal.reason,
    }
    known = {key: value for key, value in parts.items() if value}
    return json.dumps({"time": when, "count": refusal.times, **known}) + "\n"


def _line(refusal: Refusal) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(refusal.time))
    return f"{when} {refusal.times:>5}x  {refusals.words(refusal)}\n"
