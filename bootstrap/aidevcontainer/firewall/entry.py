"""One entry of the allowlist: its grammar, for everything on the host.

The firewall's linter (`lint-list.awk`) and Copier's question read the same grammar. All three run against
`tests/firewall/entry_cases.json`. The linter has the last word and the sentences about mistakes.
"""

# Part of the quick path, so `re`, `enum`, `typing` and `dataclasses` are too slow to load.
from __future__ import annotations

NAME, WILDCARD, SERVICE, NET4, NET6 = "name", "wildcard", "service", "net4", "net6"
# All other kinds pass by address.
_NAMES = (NAME, WILDCARD)
# Where nothing is stated, these ports of a name pass by the name in TLS or HTTP. All others pass by address.
TLS, HTTP, BY_ADDRESS = "tls", "http", "tcp"
WEB_PORTS = {443: TLS, 80: HTTP}

# Docker's own name for the host, which has a private address like a service.
DOCKER_HOST = "host.docker.internal"
_DIGITS = frozenset("0123456789")
_HEX_DIGITS = frozenset("0123456789abcdef")
_LABEL_ENDS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_LABEL = _LABEL_ENDS | {"-"}
_HIGHEST_PORT = 65535
# The firewall's name gate listens there.
_GATE_PORTS = range(65000, 65200)
_PRIVATE = "+private"
_LONGEST_NAME, _LONGEST_LABEL = 253, 63


class ListEntry:
    """A valid entry. `port` is None for the default ports; a wildcard's `host` comes without its `*.`.

    `protocol` is TLS, HTTP or BY_ADDRESS, or empty where it is the port's own. `private` tells whether a name
    may have private addresses.
    """

    __slots__ = ("host", "kind", "port", "private", "protocol")

    kind: str
    host: str
    port: int | None
    protocol: str
    private: bool

    def __init__(
        self, kind: str, host: str, port: int | None = None, protocol: str = "", private: bool = False
    ) -> None:
        if port is not None and protocol == _own_protocol(kind, port):
            protocol = ""
        for name, value in zip(self.__slots__, (host, kind, port, private, protocol), strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an entry is frozen: {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ListEntry) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        """Returns the entry as a person writes it in a list."""
        written = f"*.{self.host}" if self.kind == WILDCARD else self.host
        if self.port is not None:
            written = f"[{written}]:{self.port}" if self.kind == NET6 else f"{written}:{self.port}"
        return written + (f"/{self.protocol}" if self.protocol else "") + (_PRIVATE if self.private else "")

    def ports(self) -> tuple[str, ...]:
        """Returns the ports that the entry opens, and what passes there, as in `443/tls`."""
        ports = WEB_PORTS if self.port is None else (self.port,)
        return tuple(f"{port}/{self.protocol or _own_protocol(self.kind, port)}" for port in ports)

    def is_below(self, wildcard: ListEntry) -> bool:
        """Returns whether a wildcard allows all that this entry allows."""
        if wildcard.kind != WILDCARD or self.kind not in _NAMES:
            return False
        if self.private and not wildcard.private:
            return False
        return self.host.endswith(f".{wildcard.host}") and set(self.ports()) <= set(wildcard.ports())


def in_line(line: str) -> str:
    """Returns the entry's text in a line of a list, in lower case; empty for a comment or an empty line."""
    return _lower(line.rstrip("\n").removesuffix("\r").split("#", 1)[0].strip(" \t"))


def parse(text: str) -> ListEntry | None:
    """Returns what an entry's text means, or None for text that the linter refuses."""
    if not text.isascii():
        return None
    text = _lower(text)
    if text.startswith("["):
        address, bracket, port = text[1:].partition("]:")
        return _with_port(_net6(address), port) if bracket else None
    if text.count(":") > 1:
        return _net6(text)
    text, private = text.removesuffix(_PRIVATE), text.endswith(_PRIVATE)
    host, colon, port = text.partition(":")
    found = _net4(host) if set(host) <= _DIGITS | set("./") else _named(host)
    if colon:
        found = _with_port(found, port)
    return _made_private(found) if private else found


def opening(host: str, port: str, protocol: str = "") -> ListEntry | None:
    """Returns the entry that opens a TCP port of a host or an address, or None where no entry can.

    `protocol` is what the connection speaks (TLS, HTTP, or BY_ADDRESS for anything else), or empty where that
    is what the port is for.
    """
    found = parse(host)
    if found is None or found.port is not None or found.private:
        return None
    is_name = found.kind in _NAMES
    if port in map(str, WEB_PORTS) and (not is_name or protocol in ("", WEB_PORTS[int(port)])):
        return found
    return _with_port(found, f"{port}/{protocol}" if protocol and is_name else port)


def canonical(text: str) -> str:
    """Returns a valid entry's text as `str` writes it, and other text in lower case."""
    return str(parse(text) or _lower(text))


def _lower(text: str) -> str:
    # In lower case, the Kelvin sign turns into an ASCII k, and the name into another host's.
    return text.lower() if text.isascii() else text


def _own_protocol(kind: str, port: int) -> str:
    return WEB_PORTS.get(port, BY_ADDRESS) if kind in _NAMES else BY_ADDRESS


def _with_port(found: ListEntry | None, text: str) -> ListEntry | None:
    port, slash, protocol = text.partition("/")
    if found is None or not _is_number(port) or len(port) > 5 or not 0 < int(port) <= _HIGHEST_PORT:
        return None
    if slash and not _may_state(found, int(port), protocol):
        return None
    return ListEntry(found.kind, found.host, int(port), protocol)


def _may_state(found: ListEntry, port: int, protocol: str) -> bool:
    if found.kind not in _NAMES or protocol not in (TLS, HTTP, BY_ADDRESS):
        return False
    return protocol == BY_ADDRESS or port not in _GATE_PORTS


def _made_private(found: ListEntry | None) -> ListEntry | None:
    if found is None or found.kind not in _NAMES:
        return None
    return ListEntry(found.kind, found.host, found.port, found.protocol, private=True)


def _is_number(text: str) -> bool:
    # Some programs read a number with a leading zero as octal.
    return bool(text) and set(text) <= _DIGITS and (text == "0" or not text.startswith("0"))


def _named(text: str) -> ListEntry | None:
    name = text.removesuffix(".")
    is_service = "." not in name or name == DOCKER_HOST
    kind = WILDCARD if name.startswith("*.") else SERVICE if is_service else NAME
    host = name[2:] if kind == WILDCARD else name
    if kind == WILDCARD and "." not in host:
        return None
    return ListEntry(kind, host) if _is_name(host) else None


def _is_name(name: str) -> bool:
    labels = name.split(".")
    if len(name) > _LONGEST_NAME or not all(map(_is_label, labels)):
        return False
    # Programs take such names for addresses, or for the machine that they run on.
    last = labels[-1]
    as_number = set(last) <= _DIGITS or (last.startswith("0x") and set(last[2:]) <= _HEX_DIGITS)
    return not as_number and last != "localhost"


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= _LONGEST_LABEL or not set(label) <= _LABEL:
        return False
    return label[0] in _LABEL_ENDS and label[-1] in _LABEL_ENDS


def _net4(text: str) -> ListEntry | None:
    address, slash, length = text.partition("/")
    parts = address.split(".")
    if len(parts) != 4 or not all(_is_number(part) and len(part) <= 3 and int(part) <= 255 for part in parts):
        return None
    # Loopback, multicast and reserved addresses.
    if int(parts[0]) in (0, 127) or int(parts[0]) >= 224:
        return None
    return None if slash and not _is_length(length, 8, 32) else ListEntry(NET4, text)


def _net6(text: str) -> ListEntry | None:
    address, slash, length = text.partition("/")
    digits = _digits_of(address)
    # Multicast, loopback and IPv4 addresses in disguise.
    if not digits or digits.startswith(("ff", "0" * 20)):
        return None
    return None if slash and not _is_length(length, 16, 128) else ListEntry(NET6, text)


def _is_length(text: str, least: int, most: int) -> bool:
    return _is_number(text) and len(text) <= 3 and least <= int(text) <= most


def _digits_of(address: str) -> str:
    # The 32 hexadecimal digits of an IPv6 address, or nothing.
    head, gap, tail = address.partition("::")
    start, end = _groups(head), _groups(tail)
    missing = 32 - len(start or "") - len(end or "")
    if start is None or end is None or (missing < 4 if gap else missing != 0):
        return ""
    return start + "0" * missing + end


def _groups(text: str) -> str | None:
    groups = text.split(":") if text else []
    if all(0 < len(group) <= 4 and set(group) <= _HEX_DIGITS for group in groups):
        return "".join(f"{group:0>4}" for group in groups)
    return None
