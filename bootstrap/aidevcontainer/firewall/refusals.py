"""Refused lookups and connections, and what each means for a person. `journal` finds them."""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.firewall import entry

DOCKER_DNS = "127.0.0.11"
# DNS, and DNS over TLS: with an entry for one of these, data can leave inside names.
_RESOLVER_PORTS = ("53", "853")
PRIVATE, LOCAL, RESOLVER, LIMIT = "private", "local", "resolver", "limit"
# Reasons of the name gate.
NAME, UNNAMED, PLAIN, BROKEN, PROXY, CHANGED = "name", "unnamed", "plain", "broken", "proxy", "changed"
_GATE_WORDS = {
    NAME: "not on the list",
    UNNAMED: "the client did not say which host it wants",
    PLAIN: "not TLS. If a listed host speaks another protocol there, list it as HOST:PORT/tcp",
    BROKEN: "the firewall cannot read which host the client wants",
    PROXY: "a request to a proxy. If you trust the proxy, list it as HOST:PORT/tcp",
    CHANGED: "the connection was opened for another host",
}
# The kernel tells how long ago a connection was refused, in whole seconds.
_ROUNDING = 1  # second
# With a wildcard, one address has as many names as the agent asks for.
_MOST_NAMES = 3


class Refusal(NamedTuple):
    """Something that the firewall refused `times` times, the last time at `time` (seconds since 1970).

    It is a lookup of a name (`protocol` is dns), a connection that asked the name gate for a name (tls or
    http), or connections to an address and port. Only the last kind has an address. `names` are the name that
    the agent asked for, or the known listed names of the address. `reason` is one of the constants above, or
    empty where an entry is all that is missing.
    """

    time: int
    times: int
    names: tuple[str, ...]
    address: str
    protocol: str
    port: str
    reason: str = ""


def newer(found: list[Refusal], before: list[Refusal]) -> list[Refusal]:
    """Returns the refusals between two snapshots, counted from the first one."""
    known = {_subject(each): each for each in before}
    new = []
    for each in found:
        last = known.get(_subject(each))
        if last is None or each.times != last.times or each.time > last.time + _ROUNDING:
            new.append(each._replace(times=_more(each.times, last.times if last else 0)))
    return new


def host(refusal: Refusal) -> str:
    """Returns the name that the agent asked for, or the address, or words where neither is known."""
    if refusal.names:
        return refusal.names[0]
    return refusal.address or f"{refusal.protocol} without a name"


def entries(refusal: Refusal) -> list[str]:
    """Returns the entries that would each allow this; none where no entry can."""
    names = [each for each in map(entry.parse, refusal.names[:_MOST_NAMES]) if each]
    hosts = [each.host for each in names if _is_full_name(each)]
    if refusal.protocol == "dns":
        return hosts
    # Of a connection to an address, nobody knows what it speaks.
    protocol = refusal.protocol if _is_of_gate(refusal) else ""
    opening = (entry.opening(each, refusal.port, protocol) for each in _openable(refusal, hosts))
    return [str(each) for each in opening if each]


def _openable(refusal: Refusal, hosts: list[str]) -> list[str]:
    if refusal.port in _RESOLVER_PORTS or refusal.reason in (LOCAL, RESOLVER, LIMIT):
        return []
    if _is_of_gate(refusal):
        return hosts if refusal.reason == NAME else []
    if refusal.protocol != "tcp":
        return []
    # A name cannot open a private address, wherever it leads.
    return [refusal.address] if refusal.reason == PRIVATE else hosts or [refusal.address]


def _is_of_gate(refusal: Refusal) -> bool:
    return refusal.protocol in (entry.TLS, entry.HTTP)


def _is_full_name(found: entry.ListEntry) -> bool:
    return found.port is None and (found.kind == entry.NAME or found.host == entry.DOCKER_HOST)


def words(refusal: Refusal) -> str:
    """Returns what was refused, for a person."""
    if refusal.protocol == "dns":
        return f"{', '.join(refusal.names)} (not on the list)"
    if _is_of_gate(refusal):
        return _gate_words(refusal)
    target = f"[{refusal.address}]" if ":" in refusal.address else refusal.address
    what = f"{refusal.protocol} {target}:{refusal.port}"
    if refusal.protocol.startswith("icmp"):
        what = f"{refusal.protocol} {refusal.address} {refusal.port}"
    why = "Docker's own resolver" if refusal.address == DOCKER_DNS else _reason(refusal)
    return f"{what} ({why})" if why else what


def _gate_words(refusal: Refusal) -> str:
    protocol = "tcp" if refusal.reason == PLAIN else refusal.protocol
    target = f"{refusal.names[0]}:{refusal.port}" if refusal.names else f"port {refusal.port}"
    why = _GATE_WORDS.get(refusal.reason, refusal.reason).replace("PORT", refusal.port)
    return f"{protocol} {target} ({why})"


def _reason(refusal: Refusal) -> str:
    if refusal.reason == RESOLVER:
        return "only the firewall's resolver may ask it"
    names = _listed(refusal.names)
    if refusal.reason == LIMIT:
        return f"{names}{': ' if names else ''}too many connections at once"
    if not names or refusal.reason not in (PRIVATE, LOCAL):
        return names
    if refusal.reason == LOCAL:
        return f"{names}: a name cannot open an address of this machine or its link"
    own = entry.opening(refusal.names[0], refusal.port)
    ways = [f"If the name is your own, allow {own}+private"] if own else []
    ways += [f"If only the host is: ./.aidevcontainer/firewall allow {each}" for each in entries(refusal)]
    return ". ".join([f"{names}: a name cannot open a private address", *ways])


def _subject(refusal: Refusal) -> tuple[str, ...]:
    if not refusal.address:
        return (*refusal.names, refusal.protocol, refusal.port, refusal.reason)
    # The firewall learns the names of an address over time.
    return (refusal.address, refusal.protocol, refusal.port)


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _more(count: int, before: int) -> int:
    # A lower count means that the firewall forgot the old one in between.
    return count - before if count > before else max(count, 1)
