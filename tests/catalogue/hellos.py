"""TLS hellos that no program sends. Probes send them by their names (`send.sh`)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tests.internet.server.cotenant import LISTED
from tests.internet.server.hello import APPLICATION_DATA, CLIENT_HELLO, HANDSHAKE, MARK

COTENANT = "cotenant.example.org"
SERVER_NAME, PADDING, PRE_SHARED_KEY, EARLY_DATA, KEY_SHARE, ENCRYPTED_HELLO = 0, 21, 41, 42, 51, 0xFE0D
_ALERT, _CHANGE_CIPHER_SPEC = 21, 20
_KEY = bytes(range(32))


def block(width: int, content: bytes) -> bytes:
    """Return *content* behind its length, a number of *width* bytes."""
    return len(content).to_bytes(width, "big") + content


def extension(kind: int, content: bytes = b"") -> bytes:
    """Return one extension of a hello."""
    return kind.to_bytes(2, "big") + block(2, content)


def names(*listed: bytes, kind: int = 0) -> bytes:
    """Return an extension that names servers, each as a name of this *kind*."""
    return extension(SERVER_NAME, block(2, b"".join(bytes([kind]) + block(2, name) for name in listed)))


def alpn(*protocols: bytes) -> bytes:
    """Return an extension that offers *protocols*."""
    return extension(16, block(2, b"".join(block(1, each) for each in protocols)))


def usual(key: bytes = _KEY, group: bytes = b"\0\x1d") -> bytes:
    """Return the extensions without which no server speaks TLS 1.3."""
    share = extension(KEY_SHARE, block(2, group + block(2, key)))
    groups, signatures = (extension(kind, block(2, content)) for kind, content in _CHOICES)
    return groups + signatures + extension(43, block(1, b"\x03\x04\x03\x03")) + share


_CHOICES = ((10, b"\0\x1d\0\x17"), (13, b"\x04\x03\x08\x04\x04\x01"))


def message(extensions: bytes | None, behind: bytes = b"") -> bytes:
    """Return a hello without the records around it; *behind* is what no length covers."""
    body = b"\x03\x03" + MARK + block(1, _KEY) + block(2, b"\x13\x01\x13\x02\xc0\x2f") + block(1, b"\0")
    body += (b"" if extensions is None else block(2, extensions)) + behind
    return bytes([CLIENT_HELLO]) + block(3, body)


def records(
    content: bytes, cuts: Sequence[int] = (), kind: int = HANDSHAKE, version: bytes = b"\3\1"
) -> bytes:
    """Return *content* in records, cut before these bytes of it."""
    pieces = [content[start:end] for start, end in pairwise([0, *cuts, len(content)])]
    return b"".join(bytes([kind]) + version + block(2, piece) for piece in pieces)


def hello(*extensions: bytes) -> bytes:
    """Return a hello in one record."""
    return records(message(b"".join(extensions) + usual()))


def hellos(address: str) -> dict[str, bytes]:
    """Return all of them by name; *address* is the server's."""
    listed, other = LISTED.encode(), COTENANT.encode()
    return {
        **_spelled(listed, other, address),
        **_odd(listed, other),
        **_cut(listed, other),
        **_more(listed, other),
    }


def _spelled(listed: bytes, other: bytes, address: str) -> dict[str, bytes]:
    """Return hellos with one name each, in odd spelling."""
    spelled = {
        "listed": listed,
        "unlisted": other,
        "upper-case": listed.upper(),
        "unlisted-upper-case": other.upper(),
        "trailing-dot": listed + b".",
        "two-dots": listed + b"..",
        "leading-dot": b"." + listed,
        "dot": b".",
        "empty": b"",
        "nul-behind": listed + b"\0." + other,
        "nul-in-front": other + b"\0." + listed,
        "address": address.encode(),
        "address-6": b"[::1]",
        "with-port": listed + b":443",
        "as-in-the-map": listed + b":443/tls",
        "as-in-the-map-nul": listed + b":443/tls\0." + other,
        "with-space": listed + b" ." + other,
        "journal": other + b"\npassed\t1\ttls\tforged.example.net\t443\t1\t1\t1\t--\n" + listed,
        "user-info": b"x@" + listed,
        "asterisk": b"*.wild.example.net",
        "below-wildcard-nul": other + b"\0.wild.example.net",
        "wildcard-itself": b"wild.example.net",
        "like-wildcard": b"evilwild.example.net",
        "longer": listed + b"." + other,
        "wider": b"evil-" + listed,
        "accent": "sh\u00e4red.example.net".encode(),
        "full-width": "\uff53hared.example.net".encode(),
        "overlong": (b"a" * 60 + b".") * 5 + b"wild.example.net",
        "longest": (b"a" * 60 + b".") * 200 + other,
    }
    return {name: hello(names(each)) for name, each in spelled.items()}


def _odd(listed: bytes, other: bytes) -> dict[str, bytes]:
    """Return hellos that name no server, or several, or whose lengths contradict each other."""
    one, two = names(listed), names(other)
    return {
        "unnamed": hello(),
        "no-extensions": records(message(None)),
        "two-extensions": hello(one, two),
        "two-extensions-reversed": hello(two, one),
        "same-extension-twice": hello(one, one),
        "two-names": hello(names(listed, other)),
        "two-names-reversed": hello(names(other, listed)),
        "other-kind": hello(names(other, kind=1)),
        "other-kind-listed": hello(names(listed, kind=1)),
        "other-kind-beside": hello(names(other, kind=1), one),
        "empty-list": hello(extension(SERVER_NAME, block(2, b""))),
        "empty-extension": hello(extension(SERVER_NAME)),
        "name-behind-list": hello(extension(SERVER_NAME, one[4:] + two[4:])),
        "name-overruns": hello(extension(SERVER_NAME, block(2, b"\0" + block(2, other)[:-4]))),
        "behind-extensions": records(message(one + usual(), two)),
        "extension-overruns": records(message(usual() + one + two[:-4])),
    }


def _cut(listed: bytes, other: bytes) -> dict[str, bytes]:
    """Return hellos in odd records."""
    whole, fine = message(names(other) + usual()), message(names(listed) + usual())
    middle = whole.index(other) + 5
    return {
        "cut-listed": records(fine, (60, fine.index(listed) + 5)),
        "cut-small-listed": records(fine, range(60, len(fine))),
        "cut-in-name": records(whole, (middle,)),
        "cut-small": records(whole, range(60, len(whole))),
        "decoy": _decoy(listed, other),
        "empty-record": records(whole, (60, 60)),
        "old-record": records(whole, version=b"\2\0"),
        "two-in-one-record": records(fine + whole),
        "alert-first": records(b"\1\0", kind=_ALERT) + records(whole),
        "change-first": records(b"\1", kind=_CHANGE_CIPHER_SPEC) + records(whole),
        "change-between": records(whole[:60])
        + records(b"\1", kind=_CHANGE_CIPHER_SPEC)
        + records(whole[60:]),
        "version-2": b"\x80\x2e\1\3\3\0\3\0\0\0\x20\0\x13\1" + MARK,
        "huge": records(message(extension(PADDING, bytes(20000)) + names(other) + usual()), (16000,)),
        "server-hello": records(b"\2" + whole[1:]),
    }


def _decoy(listed: bytes, other: bytes) -> bytes:
    """Return a hello for the other name, in two records.

    A reader that overlooks the second record's header (five bytes) takes the padding's last five bytes for
    the header of a server name, and the extension behind them for the listed one.
    """
    padding = bytes(40) + SERVER_NAME.to_bytes(2, "big") + (5 + len(listed)).to_bytes(2, "big") + b"\0"
    extensions = (
        extension(PADDING, padding) + extension((3 + len(listed)) << 8, listed) + names(other) + usual()
    )
    whole = message(extensions)
    return records(whole, (whole.index(padding) + 20,))


def _more(listed: bytes, other: bytes) -> dict[str, bytes]:
    """Return hellos with what the newest clients send."""
    ticket = extension(EARLY_DATA) + extension(45, block(1, b"\1"))
    key = extension(PRE_SHARED_KEY, block(2, block(2, bytes(200)) + bytes(4)) + block(2, block(1, bytes(32))))
    behind = records(b"and the early data arrived\n", kind=APPLICATION_DATA)
    encrypted = extension(ENCRYPTED_HELLO, b"\0\0\1\0\1\7" + block(2, _KEY) + block(2, bytes(144)))
    quantum = usual(bytes(1216), b"\x11\xec")
    early = (records(message(names(name) + usual() + ticket + key)) + behind for name in (listed, other))
    return {
        **dict(zip(("early-listed", "early"), early, strict=True)),
        "encrypted-listed": hello(extension(0x3A3A), names(listed), encrypted, extension(0x9A9A, b"\0")),
        "encrypted": hello(names(other), encrypted),
        "encrypted-unnamed": hello(encrypted),
        "odd-protocols": hello(names(other), alpn(b"h2c", b"http/0.9", b"\0" * 200)),
        "quantum-listed": records(message(names(listed) + quantum)),
        "quantum": records(message(names(other) + quantum)),
    }
