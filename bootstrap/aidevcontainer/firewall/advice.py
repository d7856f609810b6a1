"""What a person should know before a line goes onto the list. It stops nothing: the list is theirs."""

from __future__ import annotations

import os

from aidevcontainer.firewall.allowlist import Lists

_FILE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "risky_hosts.yml")
_KINDS = {
    "rentable": "anybody can rent a name under {0}, so {1} lets the agent talk to whoever does",
    "tunnels": "{0} passes traffic on to wherever its user wants, so {1} is a way out to everywhere",
    "dns_over_https": "{0} answers lookups over HTTPS, so {1} lets data leave in names",
}
_REGISTERED = "{1} is too wide: everybody can register a name under {0}. Name a domain, as in *.example.{0}"
# Its services rent out names further below as well: *.s3.amazonaws.com.
_DEEP = ".amazonaws.com"


def of_entries(entries: list[str]) -> list[str]:
    """Return a sentence for each entry that opens more than it seems to."""
    known = _known()
    found = (_sentence(entry, known) for entry in entries)
    return [sentence for sentence in found if sentence]


def of_lists(lists: Lists) -> list[str]:
    """Return the same for what stands on the lists, with file and line."""
    known = _known()
    found = ((place, _sentence(entry, known)) for entry, place in lists.entries())
    return [f"{place.file} line {place.line}: {sentence}" for place, sentence in found if sentence]


def _known() -> dict[str, list[str]]:
    # YAML for Copier, but without its package here: loading that takes longer than all the rest.
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


def _sentence(entry: str, known: dict[str, list[str]]) -> str:
    host, _, port = entry.rpartition(":")
    name = host if port.isdecimal() else entry
    domain = (name[2:] if name.startswith("*.") else name).rstrip(".")
    for kind, text in _KINDS.items():
        owner = next((each for each in known[kind] if _touches(kind, name, domain, each)), "")
        if owner:
            return text.format(owner, entry) + "."
    if not name.startswith("*."):
        return ""
    # Takes longer to load than to ask, and most entries are no wildcards.
    from aidevcontainer.firewall import public_suffixes

    suffix = public_suffixes.opened_by(domain)
    if suffix is None:
        return ""
    return (_KINDS["rentable"] if suffix.rented else _REGISTERED).format(suffix.name, entry) + "."


def _touches(kind: str, name: str, domain: str, listed: str) -> bool:
    above = domain == listed or listed.endswith(f".{domain}")
    if kind in ("tunnels", "dns_over_https"):
        return domain == listed or domain.endswith(f".{listed}") or (name.startswith("*.") and above)
    # One host there has one owner; all of them together have as many as there are.
    deeper = kind == "rentable" and domain.endswith(_DEEP) and listed == _DEEP[1:]
    return name.startswith("*.") and (above or deeper)
