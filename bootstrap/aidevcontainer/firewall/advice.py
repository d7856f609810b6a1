"""Advice on entries that open more than they seem to. It stops nothing: the list belongs to the person."""

from __future__ import annotations

import os

from aidevcontainer.firewall import entry
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.entry import BY_ADDRESS, WILDCARD, ListEntry

# Part of the quick path: typing takes longer to load than all the work here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "risky_hosts.yml")
_KINDS = {
    "rentable": "anybody can rent a name under {0}, so {1} lets the agent talk to anybody",
    "tunnels": "{0} forwards traffic to any place that its user names, so {1} opens a way out to everywhere",
    "dns_over_https": "{0} answers DNS lookups over HTTPS, so with {1} data can leave inside names",
}
# DNS, and DNS over TLS.
_RESOLVER_PORTS = (53, 853)
_ASKED = "with {0} the agent can ask a resolver itself, so data can leave inside names."
_PRIVATE = "with {0} the owner of that name decides which of your private addresses the agent reaches."
_BY_ADDRESS = "with {0} every other name on the same address passes too."
_REGISTERED = "{1} is too wide: anybody can register a name under {0}. Name a domain, as in *.example.{0}"
# Amazon's services rent out names at deeper levels too, such as *.s3.amazonaws.com.
_DEEP = "amazonaws.com"


def of_entries(entries: list[str]) -> list[str]:
    """Returns sentences about entries that open more than they seem to."""
    known = _known()
    return [sentence for each in entries for sentence in _sentences(each, known)]


def without_resolvers(texts: list[str]) -> list[str]:
    """Returns the entries that do not open a resolver that answers over HTTPS."""
    known = _known()["dns_over_https"]
    return [each for each in texts if not _is_resolver(entry.parse(each), known)]


def of_lists(lists: Lists) -> list[str]:
    """Returns the same for every entry of the lists, with its file and line."""
    known = _known()
    return [
        f"{line.file} line {line.number}: {sentence}"
        for each, line in lists.entries()
        for sentence in _sentences(each, known)
    ]


def _known() -> dict[str, list[str]]:
    # The file is YAML for Copier. A YAML package would take longer to load than everything else here.
    known: dict[str, list[str]] = {}
    kind = ""
    with open(_FILE, encoding="utf-8") as file:
        for line in file:
            if line.startswith("  - "):
                known[kind].append(line[4:].strip())
            elif line[:1].islower():
                kind = line.partition(":")[0]
                known[kind] = []
    return known


def _sentences(text: str, known: dict[str, list[str]]) -> Iterator[str]:
    found = entry.parse(text)
    if found is None:
        return
    about_host = _about_host(found, text, known)
    if about_host:
        yield about_host
    if found.private:
        yield _PRIVATE.format(text)
    # Stated, so the port is one where the name is checked otherwise.
    if found.protocol == BY_ADDRESS:
        yield _BY_ADDRESS.format(text)


def _about_host(found: ListEntry, text: str, known: dict[str, list[str]]) -> str:
    if found.port in _RESOLVER_PORTS:
        return _ASKED.format(text)
    for kind, sentence in _KINDS.items():
        owner = next((each for each in known[kind] if _touches(kind, found, each)), "")
        if owner:
            return sentence.format(owner, text) + "."
    return _public_suffix(found, text) if found.kind == WILDCARD else ""


def _public_suffix(wildcard: ListEntry, text: str) -> str:
    # Takes longer to load than to ask, and most entries are not wildcards.
    from aidevcontainer.firewall import public_suffixes

    suffix = public_suffixes.opened_by(wildcard.host)
    if suffix is None:
        return ""
    return (_KINDS["rentable"] if suffix.rented else _REGISTERED).format(suffix.name, text) + "."


def _is_resolver(found: ListEntry | None, known: list[str]) -> bool:
    return found is not None and any(_touches("dns_over_https", found, each) for each in known)


def _touches(kind: str, found: ListEntry, listed: str) -> bool:
    below = found.host.endswith(f".{listed}")
    is_wildcard_above = found.kind == WILDCARD and f".{listed}".endswith(f".{found.host}")
    if kind != "rentable":
        return found.host == listed or below or is_wildcard_above
    # A single rented host has one owner. A wildcard over rented hosts has as many owners as hosts.
    return is_wildcard_above or (found.kind == WILDCARD and below and listed == _DEEP)
