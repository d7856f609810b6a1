"""The journals and sets of the firewall's container, as `journals.sh` prints them, and what they mean.

The agent has a hand in every name, and a full disk cuts lines short. So a line that is not a complete record
of its kind counts for nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.firewall.control import OutdatedError
from aidevcontainer.firewall.refusals import DOCKER_DNS, LIMIT, LOCAL, PRIVATE, RESOLVER, Refusal

# Part of the quick path, as `control`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    # When, and what the agent tried: name, protocol, port, reason.
    _Attempt = tuple[int, tuple[str, str, str, str]]
    # The entries of a set, each with the values that ipset prints after it.
    _Entries = dict[str, dict[str, str]]

# The agent container proves at its start that these are refused (start-agent.sh).
_PROOF_NAME = "proof.aidevcontainer.invalid"
_PROOF_ENTRIES = ("240.0.0.1,tcp:53", "100::1,tcp:53")
# The firewall notes its own question right before it asks.
_AROUND_OWN = range(-1, 5)  # seconds
_SPECIAL_USE = {"never": LOCAL, "special": PRIVATE}
_NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
# One address may have many names.
_MOST_NAMES = 3


class Connection(NamedTuple):
    """A connection that passed the name gate and has ended, or `times` connections that passed by address.

    `time` is in seconds since 1970, when the first one began. `sent` and `received` are in bytes, `seconds`
    is its duration; the firewall does not know these three of connections by address.
    """

    time: int
    protocol: str
    host: str
    port: int
    times: int = 1
    sent: int | None = None
    received: int | None = None
    seconds: float | None = None

    @property
    def target(self) -> str:
        """Returns host and port as an entry has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def refusals(text: str) -> list[Refusal]:
    """Returns what was refused, the oldest first. Raises Problem where another version answered."""
    journal = _Journal(text)
    return sorted([*_by_name(journal), *_by_address(journal)])


def connections(text: str) -> list[Connection]:
    """Returns what passed by name, the oldest first, then by address. Raises Problem like `refusals`."""
    journal = _Journal(text)
    by_name = filter(None, map(connection, journal.passed))
    return [*sorted(by_name, key=lambda each: each.time), *_passed_by_address(journal)]


def connection(line: str) -> Connection | None:
    """Returns the connection in a line of the name gate's journal, None where the line is not complete."""
    try:
        time, protocol, rest = line.split(" ", 2)
        name, port, *amounts = rest.rsplit(" ", 4)
        sent, received, milliseconds = map(int, amounts)
        return Connection(int(time), protocol, name, int(port), 1, sent, received, milliseconds / 1000)
    except ValueError:
        return None


class _Journal:
    """The records of an answer. `passed` are whole lines; `oldest` is the time of an entry that ends now."""

    def __init__(self, text: str) -> None:
        self.passed: list[str] = []
        self._rows: dict[str, list[str]] = {}
        # Not splitlines: names may contain what it takes for the end of a line.
        for line in text.split("\n"):
            kind, _, row = line.partition(" ")
            if kind.isdecimal():
                self.passed.append(line)
            else:
                self._rows.setdefault(kind, []).append(row)
        self.oldest = self._oldest()
        self._sets = self._all_entries()

    def rows(self, kind: str) -> list[str]:
        """Returns the records of a kind, without the word for it."""
        return self._rows.get(kind, [])

    def timed(self, kind: str, fields: int) -> Iterator[tuple[int, list[str]]]:
        """Yields the time and the other fields of each record. Spaces belong to the last field."""
        for row in self.rows(kind):
            time, *others = row.split(" ", fields)
            if time.isdecimal() and len(others) == fields:
                yield int(time), others

    def entries(self, name: str) -> _Entries:
        """Returns the entries of the sets of this name."""
        return self._sets.get(name, {})

    def names(self, addresses: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Returns the known names of each address."""
        found: dict[str, dict[str, None]] = {address: {} for address in addresses}
        for row in self.rows("known"):
            address, _, name = row.partition(" ")
            # A name with other characters could look like two names.
            if address in found and name and _NAME_LETTERS.issuperset(name):
                found[address][name] = None
        return {address: tuple(names) for address, names in found.items()}

    def _oldest(self) -> int:
        try:
            now, lifetime = map(int, self.rows("now")[0].split(" "))
        except (IndexError, ValueError):
            raise OutdatedError from None
        return now - lifetime

    def _all_entries(self) -> dict[str, _Entries]:
        found: dict[str, _Entries] = {}
        for row in self.rows("add"):
            name, _, rest = row.partition(" ")
            entry, *words = rest.split(" ")
            values = dict(zip(words[::2], words[1::2], strict=False))
            if "," in entry:
                found.setdefault(name.rpartition("-")[0], {})[entry] = values
        return found


class _Reasons:
    """Why an address is refused, apart from that no entry allows it."""

    def __init__(self, journal: _Journal) -> None:
        import ipaddress  # takes milliseconds to load, and most answers contain no address

        self._parsed = ipaddress.ip_address
        self._resolvers = {DOCKER_DNS, *" ".join(journal.rows("resolvers")).split()}
        self._networks = [
            (ipaddress.ip_network(row.strip()), reason)
            for kind, reason in _SPECIAL_USE.items()
            for row in journal.rows(kind)
        ]

    def of(self, address: str) -> str:
        """Returns one of the constants of `refusals`, or nothing."""
        if address in self._resolvers:
            return RESOLVER
        try:
            parsed = self._parsed(address)
        except ValueError:
            return ""
        return next((reason for network, reason in self._networks if parsed in network), "")


def _by_name(journal: _Journal) -> Iterator[Refusal]:
    own = {(time + i, name) for time, (name,) in journal.timed("own", 1) for i in _AROUND_OWN}
    times: dict[tuple[str, str, str, str], list[int]] = {}
    for time, what in (*_lookups(journal), *_requests(journal)):
        if (time, what[0]) not in own:
            times.setdefault(what, []).append(time)
    for (name, *how), found in times.items():
        protocol, port, reason = map(_plain, how)
        names = (_plain(name).lower(),) if name else ()
        yield Refusal(max(found), len(found), names, "", protocol, port, reason)


def _lookups(journal: _Journal) -> Iterator[_Attempt]:
    for time, (name,) in journal.timed("refused", 1):
        if name != _PROOF_NAME:
            yield time, (name, "dns", "", "")


def _requests(journal: _Journal) -> Iterator[_Attempt]:
    for time, (protocol, port, reason, name) in journal.timed("gate", 4):
        yield time, ("" if name == "-" else name, protocol, port, reason)


def _by_address(journal: _Journal) -> Iterator[Refusal]:
    blocked = {entry: values for entry, values in journal.entries("blocked").items() if _is_of_agent(entry)}
    if not blocked:
        return
    reasons, names = _Reasons(journal), journal.names(_parts(entry)[0] for entry in blocked)
    last, limited = journal.entries("last-blocked"), journal.entries("limited")
    for entry, values in blocked.items():
        address, protocol, port = _parts(entry)
        reason = LIMIT if entry in limited else reasons.of(address)
        time, count = journal.oldest + _number(last.get(entry, values), "timeout"), _number(values, "packets")
        known = tuple(map(str.lower, names[address]))
        yield Refusal(time, count, known, _plain(address), _plain(protocol), _plain(port), reason)


def _is_of_agent(entry: str) -> bool:
    # Docker's resolver answers a question of our resolver that has just restarted.
    return entry not in _PROOF_ENTRIES and not entry.startswith(f"{DOCKER_DNS},icmp:")


def _passed_by_address(journal: _Journal) -> Iterator[Connection]:
    passed = journal.entries("passed")
    names = journal.names(_parts(entry)[0] for entry in passed)
    for entry, values in passed.items():
        address, protocol, port = _parts(entry)
        if port.isdecimal():
            host = ", ".join(sorted(names[address])[:_MOST_NAMES]) or address
            time = journal.oldest + _number(values, "timeout")
            yield Connection(time, protocol, host, int(port), _number(values, "packets"))


def _parts(entry: str) -> tuple[str, str, str]:
    # ADDRESS,PROTOCOL:PORT
    address, _, way = entry.partition(",")
    protocol, _, port = way.partition(":")
    return address, protocol, port


def _number(values: dict[str, str], name: str) -> int:
    found = values.get(name, "")
    return int(found) if found.isdecimal() else 0


def _plain(text: str) -> str:
    # A name must not be able to move the cursor of a terminal.
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
