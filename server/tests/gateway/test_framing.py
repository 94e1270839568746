import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lynex_server.gateway.framing import AmazonEvents, Lines, framing_of


def amazon_event(payload: bytes, headers: bytes = b"") -> bytes:
    total = 12 + len(headers) + len(payload) + 4
    return struct.pack(">III", total, len(headers), 0) + headers + payload + b"\0\0\0\0"


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@given(st.lists(st.binary(max_size=60), max_size=8), st.lists(st.integers(0, 10_000), max_size=12))
def test_amazons_events_are_the_same_however_they_are_cut(payloads, places):
    stream = b"".join(amazon_event(payload, b"h" * (len(payload) % 5)) for payload in payloads)
    framing = AmazonEvents()

    pieces = [piece for part in cut(stream, places) for piece in framing.feed(part)] + framing.end()

    assert [piece.data for piece in pieces] == payloads
    assert b"".join(piece.raw for piece in pieces) == stream


@given(
    st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b" ")), max_size=8),
    st.lists(st.integers(0, 10_000), max_size=12),
)
def test_lines_are_the_same_however_they_are_cut(lines, places):
    stream = b"".join(line + b"\n" for line in lines)
    framing = Lines()

    pieces = [piece for part in cut(stream, places) for piece in framing.feed(part)] + framing.end()

    assert [piece.data for piece in pieces] == [line.strip() for line in lines]
    assert b"".join(piece.raw for piece in pieces) == stream


def test_the_content_type_says_how_a_stream_is_cut():
    assert isinstance(framing_of("application/vnd.amazon.eventstream"), AmazonEvents)
    assert isinstance(framing_of("application/x-ndjson"), Lines)
