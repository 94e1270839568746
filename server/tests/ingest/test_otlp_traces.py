"""OTLP traces in both encodings."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest.otlp_requests import (
    JSON,
    NOON_NS,
    PROTOBUF,
    SPAN_ID,
    TRACE_ID,
    a_span,
    as_json,
    as_protobuf,
    pairs,
    traces,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lynex_server.ingest.public import Decoded, IngestSettings, decode_otlp_traces
from lynex_server.kernel.errors import InvalidInput, TooLarge

PLAIN_VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            [
                "gen_ai.usage.input_tokens",
                "gen_ai.provider.name",
                "langfuse.observation.usage_details",
                "langfuse.observation.level",
                "gen_ai.response.finish_reasons",
                "llm.input_messages.0.message.content",
                "llm.input_messages.0.message",
                "gen_ai.prompt.0.role",
                "metadata",
                "tag.tags",
                "gen_ai.operation.name",
                "gen_ai.usage.cost",
                "gen_ai.system_instructions",
                "langfuse.observation.completion_start_time",
            ]
        ),
    ),
    PLAIN_VALUES,
    max_size=8,
)


def both(request: dict[str, Any], **limits: Any) -> Decoded:
    """What both encodings of the request are decoded to: the same."""
    settings = IngestSettings(**limits)
    from_json = decode_otlp_traces(as_json(request), JSON, settings)
    assert decode_otlp_traces(as_protobuf(request), PROTOBUF, settings) == from_json
    return from_json


def test_a_span_keeps_its_ids_name_and_times() -> None:
    span = both(traces(a_span(parentSpanId="00000000000000aa"))).spans[0]

    assert (span.trace_id, span.span_id, span.parent_span_id) == (TRACE_ID, SPAN_ID, "00000000000000aa")
    assert (span.name, span.start_time_us, span.duration_ms) == ("chat", NOON_NS // 1000, 1000.0)
    assert span.source == "otlp"


@settings(max_examples=60)
@given(ATTRIBUTES)
def test_both_encodings_become_the_same_span(attributes: dict[str, Any]) -> None:
    assert len(both(traces(a_span(attributes))).spans) == 1


def test_a_span_without_an_end_has_no_duration() -> None:
    assert both(traces(a_span(endTimeUnixNano="0"))).spans[0].duration_ms is None


@pytest.mark.parametrize(
    ("status", "attributes", "expected"),
    [
        ({}, {}, ("ok", "", "")),
        ({"code": 1}, {}, ("ok", "", "")),
        ({"code": 2, "message": "boom"}, {"error.type": "ServerError"}, ("error", "ServerError", "boom")),
        ({"code": 2}, {"error.type": "APITimeoutError"}, ("timeout", "APITimeoutError", "")),
        ({"code": 2}, {"error.type": "CancelledError"}, ("cancelled", "CancelledError", "")),
        (
            {},
            {"langfuse.observation.level": "ERROR", "langfuse.observation.status_message": "bad"},
            ("error", "", "bad"),
        ),
    ],
)
def test_tells_how_a_span_ended(
    status: dict[str, Any], attributes: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    span = both(traces(a_span(attributes, status=status))).spans[0]

    assert (span.status, span.error_type, span.error_message) == expected


def test_an_exception_event_names_the_error_and_keeps_its_stack() -> None:
    event = {
        "name": "exception",
        "timeUnixNano": str(NOON_NS),
        "attributes": pairs(
            {"exception.type": "ValueError", "exception.message": "no", "exception.stacktrace": "line 1"}
        ),
    }

    span = both(traces(a_span(events=[event], status={"code": 2}))).spans[0]

    assert (span.error_type, span.error_message) == ("ValueError", "no")
    assert span.attributes["events"][0]["attributes"] == {"exception.stacktrace": "line 1"}


def test_messages_said_as_events_become_input_and_output() -> None:
    """langfuse#11536: OpenTelemetry events ignored."""
    events = [
        {"name": "gen_ai.user.message", "attributes": pairs({"content": "Hi"})},
        {"name": "gen_ai.choice", "attributes": pairs({"message": '{"content": "Hello"}', "index": 0})},
    ]

    span = both(traces(a_span({"gen_ai.request.model": "m"}, events=events))).spans[0]

    assert json.loads(span.input) == [{"role": "user", "content": "Hi"}]
    assert json.loads(span.output) == [{"role": "assistant", "index": 0, "content": "Hello"}]


def test_other_events_are_kept_whole() -> None:
    event = {"name": "cache.miss", "timeUnixNano": str(NOON_NS), "attributes": pairs({"key": "k"})}

    span = both(traces(a_span(events=[event]))).spans[0]

    assert span.attributes["events"] == [
        {"name": "cache.miss", "time_us": NOON_NS // 1000, "attributes": {"key": "k"}}
    ]


def test_first_token_time_in_each_unit() -> None:
    at = '"2026-01-05T12:00:00.250Z"'
    for said in (
        {"gen_ai.response.time_to_first_chunk": 0.25},
        {"ai.response.msToFirstChunk": 250},
        {"langfuse.observation.completion_start_time": at},
    ):
        assert both(traces(a_span(said))).spans[0].time_to_first_token_ms == 250


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({"traceId": "00" * 16}, "trace_id"),
        ({"traceId": "ab"}, "trace_id"),
        ({"spanId": ""}, "span_id"),
        ({"parentSpanId": "abcd"}, "parent_span_id"),
        ({"startTimeUnixNano": "0"}, "start_time_unix_nano"),
    ],
)
def test_a_bad_span_is_rejected_alone_and_says_why(changed: dict[str, Any], start: str) -> None:
    result = both(traces(a_span(), a_span(**changed), a_span()))

    assert result.span_indexes == [0, 2]
    assert [(each.index, each.reason.startswith(start)) for each in result.rejections] == [(1, True)]


def test_text_that_is_not_utf8_is_rejected_alone() -> None:
    request = traces(a_span(), a_span(name="broken!"), a_span())
    body = as_protobuf(request).replace(b"broken!", b"broken\xff")

    result = decode_otlp_traces(body, PROTOBUF)

    assert result.span_indexes == [0, 2]
    assert "UTF-8" in result.rejections[0].reason


@pytest.mark.parametrize(
    "broken",
    [
        '"x"',
        "7",
        '{"traceId": 7}',
        '{"attributes": {}}',
        '{"attributes": [7]}',
        '{"traceId": "zz"}',
        '{"startTimeUnixNano": "later"}',
        '{"startTimeUnixNano": -1}',
        '{"attributes": [{"key": "a", "value": {"intValue": "x"}}]}',
    ],
)
def test_a_broken_json_span_is_rejected_alone(broken: str) -> None:
    good = json.dumps(a_span())
    body = f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{good},{broken},{good}]}}]}}]}}'

    result = decode_otlp_traces(body.encode(), JSON)

    assert result.span_indexes == [0, 2]
    assert [each.index for each in result.rejections] == [1]


def test_half_an_emoji_is_replaced_and_refuses_nothing() -> None:
    body = as_json(traces(a_span({"a": "PLACE"}))).replace(
        b"PLACE", rb"cut \ud83d, whole \ud83d\ude00, \\ud83d"
    )

    span = decode_otlp_traces(body, JSON).spans[0]

    assert span.attributes["a"] == "cut \ufffd, whole \U0001f600, \\ud83d"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xff", PROTOBUF),
        (b"\x0a\x05ab", PROTOBUF),
        (b"\x0b", PROTOBUF),
        (b"[]", JSON),
        (b"{", JSON),
        (b'{"resourceSpans": 7}', JSON),
        (b"", JSON),
        (b"{}", "text/plain"),
        (b"{}", ""),
    ],
)
def test_refuses_a_request_that_cannot_be_read(body: bytes, content_type: str) -> None:
    with pytest.raises(InvalidInput):
        decode_otlp_traces(body, content_type)


def test_an_empty_request_is_fine() -> None:
    assert decode_otlp_traces(b"", PROTOBUF) == decode_otlp_traces(b"{}", JSON) == Decoded()


def test_unknown_fields_are_passed_over() -> None:
    request = traces(a_span(newThing={"a": 1}))
    request["also"] = "new"

    assert len(decode_otlp_traces(as_json(request), JSON).spans) == 1


def test_refuses_more_spans_than_the_limit_before_parsing_them() -> None:
    request = traces(*[a_span()] * 3)

    for body, content_type in ((as_json(request), JSON), (as_protobuf(request), PROTOBUF)):
        with pytest.raises(TooLarge, match="LYNEX_MAX_ITEMS_PER_BATCH"):
            decode_otlp_traces(body, content_type, IngestSettings(max_items_per_batch=2))


def test_a_span_over_its_size_is_rejected_and_names_the_limit() -> None:
    request = traces(a_span({"a": "x" * 2000}), a_span())

    for body, content_type in ((as_json(request), JSON), (as_protobuf(request), PROTOBUF)):
        result = decode_otlp_traces(body, content_type, IngestSettings(max_item_bytes=1500))
        assert "LYNEX_MAX_ITEM_BYTES" in result.rejections[0].reason
        assert result.span_indexes == [1]


def test_a_repeated_resource_message_merges_as_the_format_says() -> None:
    one, other = ExportTraceServiceRequest(), ExportTraceServiceRequest()
    one.ParseFromString(as_protobuf(traces(a_span(), resource={"service.name": "shop"})))
    other.ParseFromString(as_protobuf(traces(resource={"service.version": "2"})))
    half = other.resource_spans[0].SerializeToString()
    whole = one.resource_spans[0].SerializeToString() + half
    body = b"\x0a" + bytes([len(whole) & 0x7F | 0x80, len(whole) >> 7]) + whole

    span = decode_otlp_traces(body, PROTOBUF).spans[0]

    assert (span.service, span.release) == ("shop", "2")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for content_type in (PROTOBUF, JSON):
        with contextlib.suppress(InvalidInput, TooLarge):
            decode_otlp_traces(body, content_type)


@given(st.data())
def test_a_damaged_request_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(as_protobuf(traces(a_span({"a": "b"}), a_span({"gen_ai.usage.input_tokens": 5}))))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255))

    try:
        result = decode_otlp_traces(bytes(body), PROTOBUF)
    except (InvalidInput, TooLarge):
        return
    places = [*result.span_indexes, *(each.index for each in result.rejections)]
    assert sorted(places) == list(range(len(places)))
