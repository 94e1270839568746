"""Log records that become spans."""

import json
from typing import Any

import pytest
from ingest.otlp_requests import (
    JSON,
    NOON_NS,
    PROTOBUF,
    SPAN_ID,
    TRACE_ID,
    a_log,
    as_json,
    as_protobuf,
    logs,
    value_object,
)

from lynex_server.ingest.public import Decoded, decode_otlp_logs
from lynex_server.spans.public import SpanEvent


def both(request: dict[str, Any]) -> Decoded:
    """What both encodings of the request are decoded to: the same."""
    from_json = decode_otlp_logs(as_json(request), JSON)
    assert decode_otlp_logs(as_protobuf(request), PROTOBUF) == from_json
    return from_json


def one(record: dict[str, Any], **around: Any) -> SpanEvent:
    """The span that the record becomes."""
    result = both(logs(record, **around))
    assert result.rejections == []
    return result.spans[0]


def test_a_claude_code_request_is_a_model_call_with_its_cost() -> None:
    said = {
        "event.name": "api_request",
        "session.id": "session-1",
        "prompt.id": "prompt-1",
        "user.id": "dev",
        "model": "claude-sonnet-4-5",
        "cost_usd": "0.0123",
        "duration_ms": "1500",
        "input_tokens": "10",
        "output_tokens": "250",
        "cache_read_tokens": "9000",
        "cache_creation_tokens": "300",
        "request_id": "req_1",
    }

    span = one(a_log(said, body={"stringValue": "claude_code.api_request"}))

    assert (span.kind, span.provider, span.model) == ("llm", "anthropic", "claude-sonnet-4-5")
    assert span.usage == {
        "input_tokens": 10,
        "output_tokens": 250,
        "cache_read_tokens": 9000,
        "cache_write_tokens": 300,
    }
    assert span.usage_convention == "exclusive"
    assert span.cost_nanousd == 12_300_000
    assert span.start_time_us == NOON_NS // 1000 - 1_500_000
    assert (span.duration_ms, span.session_id, span.end_user_id) == (1500, "session-1", "dev")
    assert span.source == "claude_code"
    assert span.attributes["request_id"] == "req_1"


def test_the_events_of_one_prompt_are_one_trace() -> None:
    around = {"session.id": "s", "prompt.id": "p"}
    result = both(
        logs(
            a_log({"event.name": "claude_code.user_prompt", "prompt": "Fix it", **around}),
            a_log(
                {"event.name": "claude_code.tool_result", "tool_name": "Bash", "success": "false", **around}
            ),
            a_log(
                {"event.name": "claude_code.api_error", "error": "overloaded", "status_code": 529, **around}
            ),
        )
    )

    prompt, tool, error = result.spans
    assert prompt.trace_id == tool.trace_id == error.trace_id
    assert len({prompt.span_id, tool.span_id, error.span_id}) == 3
    assert (prompt.kind, prompt.input) == ("agent", "Fix it")
    assert (tool.kind, tool.name, tool.status) == ("tool", "Bash", "error")
    assert (error.kind, error.status, error.error_type, error.error_message) == (
        "llm",
        "error",
        "529",
        "overloaded",
    )
    assert error.usage == {}


def test_a_codex_response_carries_its_usage_once() -> None:
    said = {
        "event.name": "codex.sse_event",
        "event.kind": "response.completed",
        "conversation.id": "c-1",
        "model": "gpt-5-codex",
        "input_token_count": 1000,
        "cached_token_count": 800,
        "output_token_count": 90,
        "reasoning_token_count": 40,
    }
    result = both(
        logs(
            a_log(said), a_log({"event.name": "codex.api_request", "model": "gpt-5-codex", "duration_ms": 10})
        )
    )

    usage, request = result.spans
    assert usage.usage == {
        "input_tokens": 1000,
        "output_tokens": 90,
        "cache_read_tokens": 800,
        "reasoning_tokens": 40,
    }
    assert (usage.kind, usage.usage_convention, usage.provider) == ("llm", "inclusive", "openai")
    assert (request.kind, request.usage) == ("other", {})


def test_content_of_a_span_becomes_its_child_without_usage() -> None:
    """The span is sent besides and carries the usage: a sum must count it once."""
    record = a_log(
        {
            "gen_ai.request.model": "m",
            "gen_ai.usage.input_tokens": 5,
            "gen_ai.input.messages": "[]",
            "gen_ai.output.messages": '[{"role":"assistant"}]',
        },
        eventName="gen_ai.client.inference.operation.details",
        traceId=TRACE_ID,
        spanId=SPAN_ID,
    )

    span = one(record)

    assert (span.trace_id, span.parent_span_id, span.kind) == (TRACE_ID, SPAN_ID, "other")
    assert (span.usage, span.attributes["usage"]) == ({}, {"input_tokens": 5})
    assert span.output == '[{"role":"assistant"}]'


def test_details_outside_of_any_span_are_the_call_itself() -> None:
    record = a_log(
        {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5},
        eventName="gen_ai.client.inference.operation.details",
    )

    span = one(record)

    assert (span.kind, span.usage) == ("llm", {"input_tokens": 5})


@pytest.mark.parametrize(
    ("name", "field", "role"),
    [
        ("gen_ai.system.message", "input", "system"),
        ("gen_ai.user.message", "input", "user"),
        ("gen_ai.tool.message", "input", "tool"),
        ("gen_ai.choice", "output", "assistant"),
    ],
)
def test_messages_keep_who_said_what(name: str, field: str, role: str) -> None:
    """langfuse#11536: OpenTelemetry events ignored."""
    record = a_log(
        {"gen_ai.system": "openai"},
        eventName=name,
        body=value_object({"content": "Hi"}),
        traceId=TRACE_ID,
        spanId=SPAN_ID,
    )

    span = one(record)

    assert json.loads(getattr(span, field)) == [{"role": role, "content": "Hi"}]
    assert (span.kind, span.parent_span_id, span.provider) == ("other", SPAN_ID, "openai")


def test_an_evaluation_is_an_evaluator() -> None:
    record = a_log(
        {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.9},
        eventName="gen_ai.evaluation.result",
        traceId=TRACE_ID,
        spanId=SPAN_ID,
    )

    span = one(record)

    assert (span.kind, span.name, span.parent_span_id) == ("evaluator", "relevance", SPAN_ID)
    assert json.loads(span.output) == {"name": "relevance", "score.value": 0.9}


def test_other_records_are_rejected_with_a_reason_and_sink_nothing() -> None:
    result = both(
        logs(
            a_log({"http.method": "GET"}, body={"stringValue": "GET /"}),
            a_log({"event.name": "codex.user_prompt"}),
            a_log({"event.name": "claude_code.user_prompt"}, timeUnixNano="0"),
        )
    )

    assert result.span_indexes == [1]
    assert "only events of gen_ai.*" in result.rejections[0].reason
    assert "time_unix_nano" in result.rejections[1].reason


def test_a_retry_of_the_same_records_gets_the_same_ids() -> None:
    request = logs(*[a_log({"event.name": "codex.user_prompt"})] * 2)

    first, again = both(request).spans, both(request).spans

    assert [span.span_id for span in first] == [span.span_id for span in again]
    assert first[0].span_id != first[1].span_id


def test_the_resource_speaks_for_the_agent() -> None:
    span = one(a_log({"event.name": "codex.user_prompt"}), resource={"service.name": "codex", "host": "box"})

    assert (span.service, span.attributes["resource.host"]) == ("codex", "box")
