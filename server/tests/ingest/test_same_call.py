"""A call that its client library and an instrumentation both trace is one call."""

from typing import Any

from lynex_server.ingest.otlp.same_call import join_twice_told_calls
from lynex_server.spans.public import SpanEvent

OWN_SCOPE = "com.anthropic.sdk.python"


def a_call(span_id: str, *, scope: str = "opentelemetry.instrumentation.anthropic", **said: Any) -> SpanEvent:
    attributes = {"otel.scope.name": scope} | said.pop("attributes", {})
    fields: dict[str, Any] = {
        "trace_id": "a" * 32,
        "parent_span_id": "f" * 16,
        "start_time_us": 1_000_000,
        "duration_ms": 100.0,
        "kind": "llm",
        "model_requested": "claude-sonnet-4-5",
        "usage": {"input_tokens": 10},
        "usage_convention": "inclusive",
    }
    return SpanEvent(span_id=span_id, attributes=attributes, **(fields | said))


def test_a_call_that_only_its_library_tells_of_stays_a_call():
    call = a_call("1" * 16, scope=OWN_SCOPE)

    join_twice_told_calls([call])

    assert (call.kind, call.usage) == ("llm", {"input_tokens": 10})


def test_the_library_s_counts_replace_those_of_the_span_above_it():
    told = a_call("1" * 16, usage={"input_tokens": 11})
    own = a_call("2" * 16, scope=OWN_SCOPE, parent_span_id="1" * 16, service_tier="standard")

    join_twice_told_calls([own, told])

    assert (told.kind, told.usage, told.service_tier) == ("llm", {"input_tokens": 10}, "standard")
    assert (own.kind, own.usage, own.attributes["usage"]) == ("other", {}, {"input_tokens": 10})


def test_calls_of_other_responses_are_not_taken_for_it():
    told = a_call("1" * 16, attributes={"gen_ai.response.id": "msg_1"})
    own = a_call("2" * 16, scope=OWN_SCOPE, attributes={"gen_ai.response.id": "msg_2"})

    join_twice_told_calls([told, own])

    assert (own.kind, own.usage) == ("llm", {"input_tokens": 10})


def test_the_same_response_in_another_trace_is_another_call():
    told = a_call("1" * 16, trace_id="b" * 32, attributes={"gen_ai.response.id": "msg_1"})
    own = a_call("2" * 16, scope=OWN_SCOPE, attributes={"gen_ai.response.id": "msg_1"})

    join_twice_told_calls([told, own])

    assert own.kind == "llm"


def test_failed_calls_side_by_side_are_joined_one_to_one():
    told = [a_call(f"{n}" * 16, usage={}, status="error") for n in (1, 2)]
    own = [
        a_call(f"{n}" * 16, scope=OWN_SCOPE, usage={}, status="error", duration_ms=50.0) for n in (3, 4, 5)
    ]

    join_twice_told_calls([*told, *own])

    assert [span.kind for span in own] == ["other", "other", "llm"]
    assert [span.kind for span in told] == ["llm", "llm"]
