"""What the firewall refused, from the lines of `refused.sh`. All of it was chosen by whoever sits inside."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_DOCKER_DNS = "127.0.0.11"


class Refusal(NamedTuple):
    """One thing that was refused, `times` so far, the last one at `time` (seconds since 1970).

    Either a lookup of a name (`protocol` is dns, no address), or connections to an address and port. `name`
    is the listed name that has the address, empty where none is known.
    """

    time: int
    times: int
    name: str
    address: str
    protocol: str
    port: str


def parse(text: str) -> list[Refusal]:
    """Return what one snapshot tells, oldest first. Lines of another form are passed over."""
    found = [refusal for refusal in map(_refusal, text.splitlines()) if refusal]
    return sorted(found)


def newer(found: list[Refusal], before: list[Refusal]) -> list[Refusal]:
    """Return what happened between two snapshots, counted from the first."""
    counts = {each[2:]: each.times for each in before}
    times = {each[2:]: each.time for each in before}
    return [
        each._replace(times=_more(each.times, counts.get(each[2:], 0)))
        for each in found
        if each.times != counts.get(each[2:]) or each.time > times[each[2:]]
    ]


def entry(refusal: Refusal) -> str:
    """Return the line of a list that would let this through, or an empty string where none can."""
    name = refusal.name if _NAME.fullmatch(refusal.name) else ""
    if refusal.protocol == "dns":
        return name
    if refusal.protocol != "tcp" or refusal.address.startswith("127."):
        return ""
    return _with_port(name or refusal.address, refusal.port)


def words(refusal: Refusal) -> str:
    """Return what was refused, for a person."""
    if refusal.protocol == "dns":
        return f"{refusal.name} (not on the list)"
    target = f"[{refusal.address}]" if ":" in refusal.address else refusal.address
    what = f"{refusal.protocol} {target}:{refusal.port}"
    if refusal.protocol.startswith("icmp"):
        what = f"{refusal.protocol} {refusal.address} {refusal.port}"
    owner = "Docker's own resolver" if refusal.address == _DOCKER_DNS else refusal.name
    return f"{what} ({owner})" if owner else what


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
        return Refusal(time, count, _plain(" ".join(part[3:])).lower(), "", "dns", "")
    if part[0] == "address" and len(part) == 7:
        protocol, port, address, name = map(_plain, part[3:])
        return Refusal(time, count, "" if name == "-" else name.lower(), address, protocol, port)
    return None


def _plain(text: str) -> str:
    # A name in a terminal must not be able to move its cursor.
    return re.sub(r"[^ -~]", "?", text)
