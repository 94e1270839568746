"""Payloads of clients that cannot run here, built by hand in the shape their makers document.

Claude Code: https://code.claude.com/docs/en/monitoring-usage (metrics and events). Codex: `openai/codex`,
`codex-rs/otel/src/events/session_telemetry.rs`, where what is written with `%` leaves as text and the rest
as numbers. Every such case says `"captured": false`.
"""

import json
from collections.abc import Callable, Mapping

from tools.capture_golden.scrub import BASE_NS, STEP_NS

Value = str | int | float
Attributes = Mapping[str, Value]

_CLAUDE_CODE_COMMON: Attributes = {
    "user.id": "3f1d2c4b5a69",
    "session.id": "session-42",
    "organization.id": "00000000-0000-4000-8000-0000000000aa",
    "user.account_uuid": "00000000-0000-4000-8000-0000000000bb",
    "terminal.type": "tmux",
}
_CODEX_COMMON: Attributes = {
    "event.timestamp": "2026-01-01T00:00:00.000Z",
    "conversation.id": "session-42",
    "app.version": "0.98.0",
    "auth_mode": "Chatgpt",
    "originator": "codex_cli_rs",
    "user.account_id": "account-7",
    "terminal.type": "tmux",
    "model": "gpt-5-codex",
    "slug": "gpt-5-codex",
}


def claude_code_logs() -> tuple[bytes, dict[str, object]]:
    """A prompt, two requests (counts as numbers, then as text), a tool result and a failed request."""
    events: list[tuple[str, Attributes]] = [
        ("user_prompt", {"prompt_length": 30, "prompt": "What is the capital of France?"}),
        (
            "api_request",
            {
                "model": "claude-sonnet-4-5-20250929",
                "input_tokens": 12,
                "output_tokens": 96,
                "cache_read_tokens": 15000,
                "cache_creation_tokens": 800,
                "cost_usd": 0.008976,
                "duration_ms": 2100,
                "request_id": "req_golden_1",
                "speed": "normal",
            },
        ),
        (
            "tool_result",
            {
                "tool_name": "Bash",
                "success": "true",
                "duration_ms": 140,
                "tool_use_id": "toolu_golden_1",
                "tool_parameters": '{"bash_command":"ls"}',
            },
        ),
        (
            "api_request",
            {
                "model": "claude-sonnet-4-5-20250929",
                "input_tokens": "2000",
                "output_tokens": "50",
                "cache_read_tokens": "500",
                "cache_creation_tokens": "100",
                "cost_usd": "0.007275",
                "duration_ms": "1500",
                "request_id": "req_golden_2",
            },
        ),
        (
            "api_error",
            {
                "model": "claude-sonnet-4-5-20250929",
                "error": "Overloaded",
                "status_code": "529",
                "duration_ms": 800,
                "attempt": 3,
            },
        ),
    ]
    records = [
        _record(
            place,
            f"claude_code.{name}",
            {
                **_CLAUDE_CODE_COMMON,
                "event.name": name,
                "event.timestamp": "2026-01-01T00:00:00.000Z",
                "event.sequence": place,
                "prompt.id": "00000000-0000-4000-8000-0000000000cc",
                **said,
            },
        )
        for place, (name, said) in enumerate(events)
    ]
    resource = {"service.name": "claude-code", "service.version": "2.1.0"}
    return _logs(resource, "com.anthropic.claude_code.events", records), _meta("Claude Code", "/v1/logs")


def claude_code_metrics() -> tuple[bytes, dict[str, object]]:
    """The token counter's four types and the cost counter, as deltas, and a session counter."""
    tokens = {"input": 12, "output": 96, "cacheRead": 15000, "cacheCreation": 800}
    model = {"model": "claude-sonnet-4-5-20250929"}
    metrics = [
        _sum(
            "claude_code.token.usage",
            "tokens",
            [({**_CLAUDE_CODE_COMMON, **model, "type": kind}, count) for kind, count in tokens.items()],
        ),
        _sum("claude_code.cost.usage", "USD", [({**_CLAUDE_CODE_COMMON, **model}, 0.008976)]),
        _sum("claude_code.session.count", "", [(_CLAUDE_CODE_COMMON, 1)]),
    ]
    resource = {"service.name": "claude-code", "service.version": "2.1.0"}
    scope = {"scope": {"name": "com.anthropic.claude_code"}, "metrics": metrics}
    document = {"resourceMetrics": [{"resource": _attributes(resource), "scopeMetrics": [scope]}]}
    return json.dumps(document).encode(), _meta("Claude Code", "/v1/metrics")


def codex_logs() -> tuple[bytes, dict[str, object]]:
    """One turn: prompt, HTTP request, stream events of which only the last has usage, and a tool result."""
    events: list[tuple[str, Attributes]] = [
        ("codex.user_prompt", {"prompt_length": "30", "prompt": "What is the capital of France?"}),
        (
            "codex.api_request",
            {"duration_ms": "310", "http.response.status_code": 200, "attempt": 0, "endpoint": "/responses"},
        ),
        ("codex.sse_event", {"event.kind": "response.output_item.done", "duration_ms": "900"}),
        (
            "codex.sse_event",
            {
                "event.kind": "response.completed",
                "input_token_count": "9000",
                "output_token_count": "400",
                "cached_token_count": 8192,
                "reasoning_token_count": 256,
                "tool_token_count": "9400",
            },
        ),
        (
            "codex.tool_result",
            {
                "tool_name": "shell",
                "call_id": "call_golden_1",
                "arguments": '{"command":["ls"]}',
                "duration_ms": "42",
                "success": "true",
                "output": "README.md",
            },
        ),
    ]
    records = [
        _record(place, "", {**_CODEX_COMMON, "event.name": name, **said})
        for place, (name, said) in enumerate(events)
    ]
    resource = {"service.name": "codex_cli_rs", "service.version": "0.98.0", "env": "dev"}
    return _logs(resource, "codex_otel", records), _meta("Codex", "/v1/logs")


CASES: dict[str, Callable[[], tuple[bytes, dict[str, object]]]] = {
    "claude-code-events": claude_code_logs,
    "claude-code-metrics": claude_code_metrics,
    "codex-events": codex_logs,
}
"""What each hand-made case is built by: gives the request's body and its meta data."""


def _meta(client: str, path: str) -> dict[str, object]:
    return {
        "captured": False,
        "clients": {client: "documented shape"},
        "program": "tools/capture_golden/handmade.py",
        "settings": {},
        "path": path,
        "content_type": "application/json",
        "content_encoding": "",
        "authorization_scheme": "Bearer",
        "headers": {},
        "provider_answers": [],
    }


def _record(place: int, body: str, attributes: Attributes) -> dict[str, object]:
    at = str(BASE_NS + place * STEP_NS)
    record: dict[str, object] = {"timeUnixNano": at, "observedTimeUnixNano": at, **_attributes(attributes)}
    if body:
        record["body"] = {"stringValue": body}
    return record


def _logs(resource: Attributes, scope: str, records: list[dict[str, object]]) -> bytes:
    scoped = {"scope": {"name": scope}, "logRecords": records}
    document = {"resourceLogs": [{"resource": _attributes(resource), "scopeLogs": [scoped]}]}
    return json.dumps(document).encode()


def _sum(name: str, unit: str, points: list[tuple[Attributes, Value]]) -> dict[str, object]:
    span = {"startTimeUnixNano": str(BASE_NS), "timeUnixNano": str(BASE_NS + 60_000_000_000)}
    data = [{**_attributes(said), **span, "asDouble": value} for said, value in points]
    # Aggregation temporality 1 is delta, what Claude Code asks for unless told otherwise.
    return {
        "name": name,
        "unit": unit,
        "sum": {"dataPoints": data, "aggregationTemporality": 1, "isMonotonic": True},
    }


def _attributes(values: Attributes) -> dict[str, object]:
    return {"attributes": [{"key": key, "value": _any_value(value)} for key, value in values.items()]}


def _any_value(value: Value) -> dict[str, object]:
    # 64-bit integers are strings in OTLP's JSON (protobuf's JSON mapping).
    if isinstance(value, str):
        return {"stringValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": value}
