"""Native events: the flat form, the full span, and what is refused of them."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.ingest.public import Decoded, IngestSettings, decode_events
from lynex_server.kernel.errors import InvalidInput, TooLarge
from lynex_server.spans.public import SpanEvent

NOON_US = 1_767_614_400_000_000


def a_call(**changed: Any) -> dict[str, Any]:
    """A flat event; None takes a field away."""
    event = {
        "ts": "2026-01-05T12:00:00Z",
        "project_id": "acme",
        "request_id": "req-1",
        "user_id": "customer-42",
        "route": "/chat",
        "provider": "OpenAI",
        "model": "gpt-4o",
        "tokens_in": 812,
        "tokens_out": 64,
        "cost_usd": 0.00267,
        "latency_ms": 1250,
        "status": "ok",
        "metadata": {"plan": "pro", "seats": 3},
        **changed,
    }
    return {key: value for key, value in event.items() if value is not None}


def decoded(*events: Any, **settings: Any) -> Decoded:
    """The events sent as a list by project `acme`."""
    return decode_events(json.dumps(events).encode(), settings=IngestSettings(**settings), projects=["acme"])


def one(event: dict[str, Any]) -> SpanEvent:
    """The event, which must be accepted."""
    result = decoded(event)
    assert result.rejections == []
    return result.spans[0]


def reason(event: Any) -> str:
    """Why the event is rejected."""
    result = decoded(event)
    assert result.spans == []
    return result.rejections[0].reason


def test_a_flat_event_becomes_a_model_call() -> None:
    span = one(a_call())

    assert span.kind == "llm"
    assert span.start_time_us == NOON_US
    assert span.end_user_id == "customer-42"
    assert (span.provider, span.model, span.route) == ("openai", "gpt-4o", "/chat")
    assert span.usage == {"input_tokens": 812, "output_tokens": 64}
    assert span.cost_nanousd == 2_670_000
    assert span.duration_ms == 1250
    assert span.metadata == {"plan": "pro", "seats": "3", "request_id": "req-1"}
    assert span.source == "sdk"


def test_a_full_span_keeps_every_field() -> None:
    said = {
        "trace_id": "t" * 32,
        "span_id": "s" * 16,
        "parent_span_id": "p" * 16,
        "session_id": "session",
        "end_user_id": "user",
        "duration_ms": 1.5,
        "time_to_first_token_ms": 0.5,
        "kind": "tool",
        "name": "search",
        "route": "/r",
        "environment": "staging",
        "release": "1.2",
        "service": "shop",
        "provider": "anthropic",
        "model": "claude",
        "model_requested": "claude-latest",
        "service_tier": "priority",
        "region": "eu",
        "usage": {"input_tokens": 1, "moon_tokens": 2},
        "usage_convention": "exclusive",
        "usage_estimated": True,
        "local_cache_hit": True,
        "status": "timeout",
        "error_type": "E",
        "error_message": "late",
        "finish_reason": "stop",
        "prompt_name": "greet",
        "prompt_version": "3",
        "tags": ["a", "b"],
        "metadata": {"k": "v"},
        "attributes": {"deep": {"er": [1, None]}},
        "source": "gateway",
        "output": "done",
    }

    span = one({**said, "start_time": NOON_US, "cost_usd": "0.5", "input": [{"role": "user"}]})

    kept = msgspec.structs.asdict(span)
    assert {key: kept[key] for key in said} == said
    assert (span.start_time_us, span.cost_nanousd, span.input) == (NOON_US, 500_000_000, '[{"role":"user"}]')


def test_an_unknown_field_is_kept_among_the_attributes() -> None:
    assert one(a_call(colour="blue", attributes={"a": 1})).attributes == {"a": 1, "colour": "blue"}


def test_null_means_not_said() -> None:
    span = one({"ts": NOON_US, "tokens_in": None, "usage": {"output_tokens": None}, "model": "m"})

    assert span.usage == {}


def test_a_provider_s_own_usage_object_is_understood() -> None:
    usage = {"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": 90}

    span = one({"ts": NOON_US, "model": "claude", "usage": usage})

    assert span.usage == {"input_tokens": 5, "output_tokens": 2, "cache_read_tokens": 90}
    assert span.usage_convention == "exclusive"


def test_the_same_request_id_is_one_trace_and_the_same_event_one_span() -> None:
    first, again, other = decoded(a_call(), a_call(), a_call(model="gpt-4o-mini")).spans

    assert first.trace_id == again.trace_id == other.trace_id
    assert first.span_id == again.span_id != other.span_id
    assert (len(first.trace_id), len(first.span_id)) == (32, 16)


def test_events_without_ids_get_their_own_and_the_same_ones_again() -> None:
    body = json.dumps([a_call(request_id=None)] * 2).encode()

    spans, again = decode_events(body).spans, decode_events(body).spans

    assert len({span.trace_id for span in spans}) == 2
    assert spans == again


def test_the_end_gives_the_duration() -> None:
    span = one({"start_time": "2026-01-05T12:00:00Z", "end_time": "2026-01-05T12:00:02.5Z"})

    assert span.duration_ms == 2500


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("success", "ok"),
        (200, "ok"),
        ("201", "ok"),
        (500, "error"),
        ("failed", "error"),
        (408, "timeout"),
        (499, "cancelled"),
        ("canceled", "cancelled"),
        ("BLOCKED", "blocked"),
    ],
)
def test_understands_usual_words_for_a_status(said: Any, ours: str) -> None:
    assert one(a_call(status=said)).status == ours


@pytest.mark.parametrize(
    ("event", "start"),
    [
        (a_call(ts=None), "ts: missing"),
        (a_call(ts="soon"), "ts: an instant"),
        (a_call(tokens_in=-1), "tokens_in: a whole number"),
        (a_call(tokens_out=1.5), "tokens_out: a whole number"),
        (a_call(latency_ms=-3), "latency_ms: milliseconds"),
        (a_call(cost_usd=-1), "cost_usd: US dollars"),
        (a_call(cost_usd="cheap"), "cost_usd: US dollars"),
        (a_call(status="rate_limited"), "status: one of"),
        (a_call(kind="poem"), "kind: one of"),
        (a_call(metadata=[1]), "metadata: an object"),
        (a_call(tags="x"), "tags: a list"),
        (a_call(route={"a": 1}), "route: text"),
        (a_call(model="m" * 2000), "model: longer"),
        (a_call(usage={"input_tokens": -4}), "usage: input_tokens: a whole number"),
        (a_call(usage=[]), "usage: an object"),
        (a_call(usage_convention="some"), "usage_convention: one of"),
        (a_call(trace_id="not an id"), "trace_id: an id"),
        (a_call(span_id="a b"), "span_id: an id"),
        (a_call(request_id="x" * 200), "request_id: an id"),
        (a_call(project_id="globex"), "project_id: 'globex' is not"),
        (a_call(usage_estimated="yes"), "usage_estimated: true or false"),
        (a_call(ts=None, start_time=NOON_US, end_time=NOON_US - 1), "end_time: before"),
        (5, "an object expected"),
        (None, "an object expected"),
    ],
)
def test_says_which_field_is_wrong(event: Any, start: str) -> None:
    assert reason(event).startswith(start)


@given(st.integers(0, 4), st.sampled_from([{}, 5, "x", {"ts": "?"}, a_call(tokens_in="many")]))
def test_a_bad_event_never_sinks_its_neighbours(place: int, bad: Any) -> None:
    events = [a_call(request_id=f"r{index}") for index in range(4)]
    events.insert(place, bad)

    result = decoded(*events)

    assert [each.index for each in result.rejections] == [place]
    assert result.span_indexes == [index for index in range(5) if index != place]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps(a_call()), "application/json"),
        (json.dumps([a_call()], indent=2), "application/json; charset=utf-8"),
        (json.dumps({"events": [a_call()]}), "application/json"),
        (json.dumps(a_call(), indent=2), "application/json"),
        (json.dumps(a_call()) + "\n\n", "application/x-ndjson"),
        (f" {json.dumps(a_call())}\r\n", "text/plain"),
    ],
)
def test_takes_an_object_a_list_a_wrapper_and_lines(body: str, content_type: str) -> None:
    assert decode_events(body.encode(), content_type).spans[0].model == "gpt-4o"


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
def test_a_broken_line_is_rejected_alone(content_type: str) -> None:
    body = "\n".join([json.dumps(a_call()), '{"ts": 17', "", json.dumps(a_call(model="b"))]).encode()

    result = decode_events(body, content_type)

    assert [span.model for span in result.spans] == ["gpt-4o", "b"]
    assert [each.index for each in result.rejections] == [1]


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"hello", b"[", b'{"ts": ', b"\xff\xfe", b"[1, 2", b'"text"', b"7"]
)
def test_refuses_a_body_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"^body: "):
        decode_events(body)


def test_refuses_more_events_than_the_limit_and_names_it() -> None:
    with pytest.raises(TooLarge, match="LYNEX_MAX_ITEMS_PER_BATCH"):
        decoded(a_call(), a_call(), max_items_per_batch=1)


def test_rejects_an_event_over_its_size_and_names_the_limit() -> None:
    result = decoded(a_call(input="x" * 500), a_call(), max_item_bytes=400)

    assert "LYNEX_MAX_ITEM_BYTES (400)" in result.rejections[0].reason
    assert result.span_indexes == [1]


def test_an_integer_beyond_64_bits_is_kept_as_text() -> None:
    assert one(a_call(attributes={"big": 10**30})).attributes == {"big": str(10**30)}


def test_half_an_emoji_is_replaced_and_refuses_nothing() -> None:
    body = json.dumps([a_call(input="cut PLACE"), a_call()]).replace("PLACE", "\\ud83d").encode()

    assert [span.input for span in decode_events(body).spans] == ["cut \ufffd", ""]


def test_rejects_what_is_nested_too_deep() -> None:
    nested = "[" * 500 + "]" * 500

    result = decode_events(f'[{json.dumps(a_call())},{{"ts":1767614400,"input":{nested}}}]'.encode())

    assert result.span_indexes == [0]
    assert len(result.rejections) == 1


def test_an_empty_text_says_nothing_as_null_does() -> None:
    fields = ("parent_span_id", "session_id", "user_id", "trace_id", "model", "latency_ms", "usage", "output")
    event = {"ts": NOON_US, "tokens_in": 1, **dict.fromkeys(fields, "")}

    decoded = decode_events(json.dumps(event).encode())

    assert not decoded.rejections
    assert decoded.spans[0].parent_span_id == ""
    assert decoded.spans[0].duration_ms is None
