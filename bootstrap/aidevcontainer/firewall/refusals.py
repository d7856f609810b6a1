"""What the firewall refused, from the lines of `refused.sh`. All of it was chosen by whoever sits inside."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_DOCKER_DNS = "127.0.0.11"
# Below a wildcard one address has as many names as the agent asks for.
_MOST_NAMES = 3


class Refusal(NamedTuple):
    """One thing that was refused, `times` so far, the last one at `time` (seconds since 1970).

    Either a lookup of a name (`protocol` is dns, no address), or connections to an address and port. `names`
    are the listed names that have the address, as far as known; of a lookup, the one that was looked up.
    """

    time: int
    times: int
    names: tuple[str, ...]
    address: str
    protocol: str
    port: str


def parse(text: str) -> list[Refusal]:
    """Return what one snapshot tells, oldest first. Lines of another form are passed over."""
    found = [refusal for refusal in map(_refusal, text.splitlines()) if refusal]
    return sorted(found)


def newer(found: list[Refusal], before: list[Refusal]) -> list[Refusal]:
    """Return what happened between two snapshots, counted from the first."""
    known = {_what(each): each for each in before}
    new = []
    for each in found:
        last = known.get(_what(each))
        if last is None or each.times != last.times or each.time > last.time:
            new.append(each._replace(times=_more(each.times, last.times if last else 0)))
    return new


def entries(refusal: Refusal) -> list[str]:
    """Return the lines of a list each of which would let this through, none where no line can."""
    names = [name for name in refusal.names[:_MOST_NAMES] if _NAME.fullmatch(name)]
    if refusal.protocol == "dns":
        return names
    if refusal.protocol != "tcp" or refusal.address.startswith("127."):
        return []
    return [_with_port(target, refusal.port) for target in names or [refusal.address]]


def words(refusal: Refusal) -> str:
    """Return what was refused, for a person."""
    if refusal.protocol == "dns":
        return f"{', '.join(refusal.names)} (not on the list)"
    target = f"[{refusal.address}]" if ":" in refusal.address else refusal.address
    what = f"{refusal.protocol} {target}:{refusal.port}"
    if refusal.protocol.startswith("icmp"):
        what = f"{refusal.protocol} {refusal.address} {refusal.port}"
    owner = "Docker's own resolver" if refusal.address == _DOCKER_DNS else _listed(refusal.names)
    return f"{what} ({owner})" if owner else what


def _what(refusal: Refusal) -> tuple[str, ...]:
    # The names of an address are learnt by and by.
    return (refusal.address, refusal.protocol, refusal.port) if refusal.address else refusal.names


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _more(count: int, before: int) -> int:
    # A counter that fell was forgotten in between and started anew.
    return count - before if count > before else max(count, 1)


def _with_port(target: str, port: str) -> str:
    if port in ("80", "443"):
        return target
    return f"[{target}]:{port}" if ":" in target else f"{target}:{port}"


def _refusal(line: str) -> Refusal | None:
    part = line.split(" ")
    if not (len(part) > 3 and part[1].isdigit() and part[2].isdigit()):
        return None
    time, count = int(part[1]), int(part[2])
    if part[0] == "name":
        return Refusal(time, count, (_plain(" ".join(part[3:])).lower(),), "", "dns", "")
    if part[0] == "address" and len(part) == 7:
        protocol, port, address, names = map(_plain, part[3:])
        known = () if names == "-" else tuple(names.lower().split(","))
        return Refusal(time, count, known, address, protocol, port)
    return None


def _plain(text: str) -> str:
    # A name in a terminal must not be able to move its cursor.
    return re.sub(r"[^ -~]", "?", text)
