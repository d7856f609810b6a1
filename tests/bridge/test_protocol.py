"""The bridge's framing: what goes in comes out however it is cut, and garbage is an error, no more."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aidevcontainer.bridge.broker import protocol
from aidevcontainer.bridge.broker.protocol import Decoder, FrameEnds, ProtocolError, Request, Size

CONTROL = (protocol.REQUEST, protocol.END_OF_INPUT, protocol.RESIZE, protocol.SIGNAL)
TEXT = st.binary(max_size=40).map(lambda text: text.replace(b"\0", b"\1"))
SIZES = st.builds(Size, st.integers(0, 65535), st.integers(0, 65535))
REQUESTS = st.builds(
    Request,
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=6).map(tuple),
    st.lists(st.tuples(TEXT, TEXT), max_size=4).map(tuple),
    st.none() | SIZES,
)
FRAMES = st.lists(
    st.tuples(
        st.sampled_from([protocol.STDIN, protocol.REQUEST, protocol.RESIZE]), st.binary(max_size=300)
    ).map(lambda pair: (pair[0], pair[1][:4] if pair[0] == protocol.RESIZE else pair[1])),
    max_size=8,
)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    """Cut *data* where the numbers say, modulo its length."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    yield from (data[start:end] for start, end in itertools.pairwise(places))


def joined(frames: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Return frames with neighbouring input put together, since it may come in pieces."""
    found: list[tuple[int, bytes]] = []
    for kind, content in frames:
        if kind == protocol.STDIN and found and found[-1][0] == kind:
            found[-1] = (kind, found[-1][1] + content)
        elif content or kind != protocol.STDIN:
            found.append((kind, content))
    return found


@given(FRAMES, st.lists(st.integers(0, 10_000), max_size=12))
def test_frames_survive_any_cut(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    """B-1: nothing is lost, added or swapped, wherever the stream is cut."""
    decoder = Decoder(protocol.FROM_CLIENT)
    data = b"".join(protocol.frame(*frame) for frame in frames)
    got = [(kind, bytes(content)) for piece in pieces(data, cuts) for kind, content in decoder.feed(piece)]
    assert joined(got) == joined(frames)


@given(FRAMES, st.lists(st.integers(0, 10_000), max_size=12))
def test_ends_of_frames_are_found_in_any_cut(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    """B-1: where the broker may put a frame of its own between the engine's."""
    data = b"".join(protocol.frame(*frame) for frame in frames)
    ends, at = {0}, 0
    for _, content in frames:
        at += protocol.HEADER + len(content)
        ends.add(at)
    watcher, passed = FrameEnds(), 0
    for piece in pieces(data, cuts):
        found = watcher.feed(piece)
        inside = [end - passed for end in ends if passed < end <= passed + len(piece)]
        assert found == max(inside, default=0)
        passed += len(piece)
        assert watcher.inside == (passed not in ends)


@given(REQUESTS)
def test_requests_survive(request: Request) -> None:
    """B-1: arguments, folder and variables of any bytes but zero."""
    [(kind, content)] = list(Decoder(protocol.FROM_CLIENT).feed(protocol.request_frame(request)))
    assert kind == protocol.REQUEST
    assert protocol.read_request(bytes(content)) == request


@given(SIZES, st.integers(0, 2**32 - 1), st.integers(0, 255), st.text(max_size=200))
def test_the_small_frames_survive(size: Size, number: int, code: int, sentence: str) -> None:
    """B-1: sizes, numbers and refusals."""
    [(_, content)] = Decoder(protocol.FROM_CLIENT).feed(protocol.size_frame(size))
    assert protocol.read_size(bytes(content)) == size
    [(_, content)] = Decoder(protocol.FROM_BROKER).feed(protocol.number_frame(protocol.EXIT, number))
    assert protocol.read_number(bytes(content)) == number
    [(_, content)] = Decoder(protocol.FROM_BROKER).feed(protocol.refusal_frame(code, sentence))
    assert protocol.read_refusal(bytes(content)) == (code, sentence)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_garbage_is_an_error_or_incomplete(data: bytes, cuts: list[int]) -> None:
    """B-2: no other exception, no endless loop, nothing held back beyond what came."""
    for limits in (protocol.FROM_CLIENT, protocol.FROM_BROKER):
        decoder = Decoder(limits)
        try:
            for piece in pieces(data, cuts):
                for kind, content in decoder.feed(piece):
                    assert kind in limits
                    assert len(content) <= len(data)
        except ProtocolError as error:
            assert str(error)


@given(st.binary(max_size=300))
def test_garbage_is_no_request(data: bytes) -> None:
    """B-2: it is refused, or it says again exactly what was read from it."""
    try:
        request = protocol.read_request(data)
    except ProtocolError:
        return
    again = protocol.request_frame(request)[protocol.HEADER :]
    assert protocol.read_request(again) == request
    assert len(again) == len(data)


@given(REQUESTS, st.data())
def test_a_damaged_request_is_refused_or_another(request: Request, data: st.DataObject) -> None:
    """B-2: cut short or longer, it is refused."""
    content = protocol.request_frame(request)[protocol.HEADER :]
    cut = data.draw(st.integers(0, len(content) - 1))
    for damaged in (content[:cut], content + b"x"):
        with pytest.raises(ProtocolError):
            protocol.read_request(damaged)


@pytest.mark.parametrize("limits", [protocol.FROM_CLIENT, protocol.FROM_BROKER], ids=["client", "broker"])
def test_a_frame_that_is_too_long_is_refused_at_its_first_bytes(limits: dict[int, int]) -> None:
    """B-2: before memory is spent on it."""
    for kind, longest in limits.items():
        if longest < 0xFFFFFFFF:
            head = bytes([kind, 0, 0, 0]) + (longest + 1).to_bytes(4, "big")
            with pytest.raises(ProtocolError, match="too long"):
                list(Decoder(limits).feed(head))


def test_a_signal_that_is_not_handed_on() -> None:
    """B-2: neither the one that cannot be handled, nor numbers, nor shell."""
    for name in (b"KILL", b"9", b"", b"TERM;id", b"\xff", b"-1"):
        with pytest.raises(ProtocolError):
            protocol.read_signal(name)
    assert [protocol.read_signal(name.encode()) for name in protocol.SIGNALS] == list(protocol.SIGNALS)
