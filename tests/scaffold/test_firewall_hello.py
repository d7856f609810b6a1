"""What the firewall parses itself: the server name in a TLS hello. OpenSSL says what is right."""

from __future__ import annotations

import contextlib
import functools
import ssl
from collections.abc import Callable

import pytest
import trustme
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lupa.lua54 import LuaRuntime

from tests.catalogue.hellos import hello, hellos, names, records
from tests.internet.server import hello as by_the_letter
from tests.internet.server.cotenant import LISTED
from tests.support.firewall_scripts import FOLDER

# Python cannot show its callback a name beyond ASCII.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

VERDICTS = {"named", "unnamed", "incomplete", "plain", "broken"}
LABELS = st.from_regex(r"[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,20}[a-zA-Z0-9_])?", fullmatch=True)
# The last label has a letter: OpenSSL's client takes the rest for an address, which it does not send.
NAMES = st.tuples(st.lists(LABELS, max_size=5), st.sampled_from(["net", "io", "XN--P1AI", "x"])).map(
    lambda drawn: ".".join([*drawn[0], drawn[1]])
)
HEADER = 5  # bytes of a record


def _reader() -> Callable[[bytes], tuple[str, str | None]]:
    # As bytes, which may be no text.
    runtime = LuaRuntime(encoding=None)
    read = runtime.execute((FOLDER / "hello.lua").read_bytes())

    def answer(data: bytes) -> tuple[str, str | None]:
        found = read(data)
        verdict, name = found if isinstance(found, tuple) else (found, None)
        return verdict.decode(), None if name is None else name.decode("latin-1")

    return answer


read = _reader()


class Server:
    """A TLS server of OpenSSL's that only tells which name it was asked for."""

    def __init__(self) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert(LISTED).configure_cert(self._context)
        self._context.sni_callback = self._note
        self._names: list[str | None] = []

    def _note(self, _connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        self._names.append(name)

    def names(self, data: bytes) -> list[str | None]:
        """Return the name in *data* (None if it has none), or nothing if OpenSSL takes it for no hello."""
        self._names = []
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(data)
        with contextlib.suppress(ssl.SSLError):
            self._context.wrap_bio(incoming, outgoing, server_side=True).do_handshake()
        return self._names


SERVER = Server()


@functools.cache
def _client(protocols: tuple[str, ...], newest: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if not newest:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def client_hello(name: str | None, context: ssl.SSLContext) -> bytes:
    """Return the first bytes of OpenSSL's client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


@st.composite
def sound(draw: st.DrawFn, named: st.SearchStrategy[str | None] = NAMES) -> tuple[str | None, bytes]:
    """Draws a name and a client's hello for it, cut into records of any length."""
    name = draw(named)
    protocols = draw(st.lists(st.sampled_from(["h2", "x" * 200]), unique=True))
    whole = client_hello(name, _client(tuple(protocols), draw(st.booleans())))[HEADER:]
    cuts = draw(st.lists(st.integers(1, len(whole) - 1), unique=True, max_size=8))
    return name, records(whole, sorted(cuts))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draws a hello in which bytes are changed, cut out, inserted or repeated."""
    data = draw(
        st.one_of(sound().map(lambda drawn: drawn[1]), st.sampled_from(list(hellos("192.0.2.1").values())))
    )
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 8))
        put = draw(st.one_of(st.just(b""), st.binary(max_size=8), st.just(data[at : at + 40])))
        data = data[:at] + put + data[at + length :]
    return data


def expect_what_openssl_sees(data: bytes) -> None:
    """Fails where hello.lua returns a name, and a server would take another one from the same bytes."""
    verdict, name = read(data)
    assert verdict in VERDICTS
    assert (verdict == "named") == (name is not None)
    if name is None:
        return
    assert SERVER.names(data) in ([], [name])
    assert by_the_letter.read(data).name in (None, name.lower().removesuffix("."))


@settings(max_examples=100)
@given(sound())
def test_name_is_read(drawn: tuple[str, bytes]) -> None:
    """X-F8: from every hello of a real client, however it is cut into records."""
    name, data = drawn
    assert read(data) == ("named", name)
    assert SERVER.names(data) == [name]


@settings(max_examples=30)
@given(sound(st.none()))
def test_hello_without_name_has_none(drawn: tuple[None, bytes]) -> None:
    """X-F8: such as that of a client that was given an address."""
    assert read(drawn[1]) == ("unnamed", None)


@given(sound(), st.data())
def test_half_a_hello_has_no_name(drawn: tuple[str, bytes], data: st.DataObject) -> None:
    """X-F8: the gate waits for the rest, because a name may continue."""
    _, whole = drawn
    assert read(whole[: data.draw(st.integers(0, len(whole) - 1))]) == ("incomplete", None)


@given(sound(), st.binary(max_size=50))
def test_what_comes_behind_changes_nothing(drawn: tuple[str, bytes], behind: bytes) -> None:
    """X-F8: early data, for example."""
    name, data = drawn
    assert read(data + behind) == ("named", name)


@settings(max_examples=400)
@given(damaged())
@example(b"")
def test_damaged_hello_has_no_other_name(data: bytes) -> None:
    """X-F8: whatever is wrong with a hello, OpenSSL never finds another name in it than the gate."""
    expect_what_openssl_sees(data)


@given(st.binary(max_size=300))
def test_anything_is_read_without_an_error(data: bytes) -> None:
    """X-F8: bytes that are no hello, and bytes that begin like one."""
    for start in (b"", b"\x16\x03\x01", records(b"\1\0\0\0")[:3] + b"\1\0\1\0\0\xfc"):
        expect_what_openssl_sees(start + data)


@given(st.binary(min_size=1, max_size=300), st.binary(max_size=40))
def test_any_bytes_in_place_of_a_name(name: bytes, behind: bytes) -> None:
    """X-F8: with NULs, line breaks, or too long, and with more behind the name."""
    expect_what_openssl_sees(hello(names(name)))
    expect_what_openssl_sees(hello(names(name), behind))


@pytest.mark.parametrize("which", sorted(hellos("192.0.2.1")))
def test_hellos_of_the_catalogue(which: str) -> None:
    """X-F8: each is read as OpenSSL reads it, and no odd one for the listed name."""
    data = hellos("192.0.2.1")[which]
    expect_what_openssl_sees(data)
    name = (read(data)[1] or "").lower().removesuffix(".")
    assert (name == LISTED) == (by_the_letter.read(data).name == LISTED)


def test_longest_hello() -> None:
    """X-F8: what is longer than the gate's buffer is refused at once, instead of after a wait."""
    for length, verdict in ((14000, "named"), (15000, "broken"), (16300, "broken")):
        assert read(hello(names(b"a" * length)))[0] == verdict
