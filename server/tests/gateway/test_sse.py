"""Server-sent events however they were cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.gateway.sse import SseEvent, SseParser, sse
from lynex_server.kernel.errors import Unreachable


def read(*chunks: bytes) -> list[SseEvent]:
    parser = SseParser()
    return [event for chunk in chunks for event in parser.feed(chunk)] + parser.end()


def test_an_event_has_its_name_its_data_and_the_bytes_it_came_as():
    raw = b'event: message_start\ndata: {"a":1}\n\n'

    assert read(raw) == [SseEvent("message_start", b'{"a":1}', raw)]


def test_an_event_is_given_as_soon_as_its_blank_line_came():
    parser = SseParser()

    assert parser.feed(b"data: a\n") == []
    assert parser.feed(b"\ndata: b") == [SseEvent("", b"a", b"data: a\n\n")]
    assert parser.end() == [SseEvent("", b"b", b"data: b")]
    assert parser.end() == []


def test_lines_end_with_lf_or_crlf_also_mixed():
    assert [event.data for event in read(b"data: a\r\n\r\ndata: b\n\ndata: c\r\n\ndata: d\n\r\n")] == [
        b"a",
        b"b",
        b"c",
        b"d",
    ]


def test_a_crlf_cut_in_two_ends_one_event_only():
    assert [event.data for event in read(b"data: a\r", b"\n\r", b"\ndata: b\r\n\r\n")] == [b"a", b"b"]


def test_several_data_lines_are_joined():
    assert read(b"data: a\ndata:b\ndata\ndata:  c\n\n")[0].data == b"a\nb\n\n c"


def test_a_comment_is_passed_on_and_carries_nothing():
    assert read(b": keep-alive\n\ndata: a\n\n") == [
        SseEvent("", b"", b": keep-alive\n\n"),
        SseEvent("", b"a", b"data: a\n\n"),
    ]


def test_other_fields_and_a_byte_order_mark_do_not_disturb():
    assert read(b"\xef\xbb\xbfdata: a\nid: 7\nretry: 10\n\n")[0].data == b"a"


def test_a_name_that_is_no_text_is_still_a_name():
    assert read(b"event: \xff\ndata: a\n\n")[0].event == "\ufffd"


def test_an_event_over_the_bound_is_refused_whole_or_in_pieces():
    with pytest.raises(Unreachable, match="8 bytes"):
        SseParser(8).feed(b"data: abc\n\n")
    parser = SseParser(8)
    parser.feed(b"data: a")
    with pytest.raises(Unreachable):
        parser.feed(b"bc")


def test_what_is_written_is_what_is_read():
    assert read(sse(b"{}", "ping"), sse(b"[1]")) == [
        SseEvent("ping", b"{}", b"event: ping\ndata: {}\n\n"),
        SseEvent("", b"[1]", b"data: [1]\n\n"),
    ]


STREAM_PIECES = st.sampled_from(
    [b"data: ", b"data:", b"event: x", b":", b"\n", b"\r\n", b"\r", b"{}", b"\xc3\xa9", b""]
)
STREAMS = st.lists(STREAM_PIECES, max_size=40).map(b"".join) | st.binary(max_size=80)


@given(STREAMS, st.lists(st.integers(0, 200), max_size=12))
def test_any_cut_of_the_bytes_gives_the_same_events_and_loses_none_of_them(stream: bytes, cuts: list[int]):
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]

    events = read(*pieces)

    assert events == read(stream)
    assert b"".join(event.raw for event in events) == stream


def test_byte_by_byte_is_the_same_too():
    stream = b": hi\r\n\r\nevent: a\r\ndata: 1\r\ndata: 2\r\n\r\ndata: [DONE]\n\n"

    assert read(*(bytes([byte]) for byte in stream)) == read(stream)
