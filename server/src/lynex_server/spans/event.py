"""The one internal type of an event.

HTTP, OTLP and gateway decoders meet here: what comes after them knows no dialect. An event is what a
client said, in our words and units, before usage is normalised and priced. It is encoded as MessagePack
in the queue, so fields may be added (with a default) but never renamed while a queue holds older ones.
"""

from typing import Any, Literal

import msgspec

Kind = Literal["llm", "embedding", "tool", "retrieval", "agent", "chain", "guardrail", "evaluator", "other"]
Status = Literal["ok", "error", "timeout", "cancelled", "blocked"]
UsageConvention = Literal["inclusive", "exclusive", "unknown"]

USAGE_UNITS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
)
"""Units with a column of their own. `usage` may hold others (`web_searches`, `video_seconds`, …): they are
stored in `usage_other`, never dropped, and priced only where the price book knows the unit."""


class SpanEvent(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One unit of work as its source reported it.

    `usage` holds what was said, by canonical unit; a unit that was not said is absent (None is not 0).
    `usage_convention` says how to read it: *inclusive* (input includes cache, output includes reasoning:
    OpenTelemetry, OpenAI), *exclusive* (they are separate buckets: Anthropic, Bedrock, Langfuse details),
    *unknown* (decide by provider). `cost_nanousd` is a cost that the source itself reported.
    """

    trace_id: str
    span_id: str
    start_time_us: int
    kind: Kind = "other"
    name: str = ""
    parent_span_id: str = ""
    session_id: str = ""
    end_user_id: str = ""
    duration_ms: float | None = None
    time_to_first_token_ms: float | None = None
    route: str = ""
    environment: str = ""
    release: str = ""
    service: str = ""
    provider: str = ""
    model: str = ""
    model_requested: str = ""
    service_tier: str = ""
    region: str = ""
    usage: dict[str, int] = {}
    usage_convention: UsageConvention = "unknown"
    usage_estimated: bool = False
    local_cache_hit: bool = False
    cost_nanousd: int | None = None
    status: Status = "ok"
    error_type: str = ""
    error_message: str = ""
    finish_reason: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    input: str = ""
    output: str = ""
    tags: list[str] = []
    metadata: dict[str, str] = {}
    attributes: dict[str, Any] = {}
    source: str = "sdk"


class MetricPoint(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One OTLP metric data point that speaks of tokens or money. Kept beside the spans, never added to
    the ledger: the same calls arrive as spans or log events, and a sum must count them once."""

    name: str
    time_us: int
    value: float
    unit: str = ""
    service: str = ""
    provider: str = ""
    model: str = ""
    token_type: str = ""
    session_id: str = ""
    end_user_id: str = ""
    temporality: Literal["delta", "cumulative", "gauge"] = "delta"
    attributes: dict[str, Any] = {}


class EventBatch(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What one accepted request carried: the body of a queue entry, before compression."""

    project_id: str
    api_key_id: str
    received_at_us: int
    spans: list[SpanEvent] = []
    points: list[MetricPoint] = []
