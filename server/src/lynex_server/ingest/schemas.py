"""The shapes of `/v1/events` as OpenAPI shows them. They decode nothing: `events.py` does."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from lynex_server.spans.public import Kind, Status, UsageConvention

_INSTANT = "ISO 8601, or epoch seconds, milliseconds, microseconds or nanoseconds."


class CallEvent(BaseModel):
    """A model call in one flat object."""

    model_config = ConfigDict(title="CallEvent")

    ts: str | float = Field(description=f"When the call began. {_INSTANT}")
    project_id: str | None = Field(default=None, description="The API key's own project, by id or name.")
    request_id: str | None = Field(
        default=None,
        description="The caller's id of the call: the trace id follows from it; kept in metadata.",
    )
    user_id: str | None = Field(default=None, description="The customer's user who caused the call.")
    route: str | None = Field(default=None, description="The part of the application, such as `/chat`.")
    provider: str | None = Field(default=None, description="`openai`, `anthropic`, `bedrock` …")
    model: str | None = Field(default=None, description="The model that answered.")
    tokens_in: int | None = Field(default=None, ge=0, description="Tokens of the input.")
    tokens_out: int | None = Field(default=None, ge=0, description="Tokens of the output.")
    cost_usd: float | str | None = Field(
        default=None, description="The cost where the caller knows it, in US dollars; else it is priced here."
    )
    latency_ms: float | None = Field(
        default=None, ge=0, description="From request to the end of the answer, in ms."
    )
    status: str | int | None = Field(
        default=None, description="`ok`, `error`, `timeout`, `cancelled`, `blocked`, or an HTTP status."
    )
    metadata: dict[str, Any] | None = Field(default=None, description="Anything to filter by.")


class SpanInput(BaseModel):
    """A span in full. Fields that are not known are kept in `attributes`."""

    model_config = ConfigDict(title="SpanInput")

    start_time: str | float = Field(description=f"When it began. {_INSTANT}")
    end_time: str | float | None = Field(
        default=None, description=f"When it ended; or say `duration_ms`. {_INSTANT}"
    )
    duration_ms: float | None = Field(default=None, ge=0, description="How long it took, in ms.")
    time_to_first_token_ms: float | None = Field(
        default=None, ge=0, description="Until the answer began, in ms."
    )
    trace_id: str | None = Field(
        default=None, max_length=128, description="Spans with one trace id belong together."
    )
    span_id: str | None = Field(default=None, max_length=128, description="Made up when it is not said.")
    parent_span_id: str | None = Field(
        default=None, max_length=128, description="The span that caused this one."
    )
    request_id: str | None = Field(default=None, description="As in CallEvent.")
    project_id: str | None = Field(default=None, description="The API key's own project, by id or name.")
    session_id: str | None = Field(default=None, description="Traces with one session id belong together.")
    end_user_id: str | None = Field(default=None, description="The customer's user who caused it.")
    kind: Kind | None = Field(default=None, description="`llm` when a model or usage is named, else `other`.")
    name: str | None = Field(default=None, description="What is done, in few words.")
    route: str | None = Field(default=None, description="The part of the application.")
    environment: str | None = Field(default=None, description="`production`, `staging` …")
    release: str | None = Field(default=None, description="The application's version.")
    service: str | None = Field(default=None, description="The process that did it.")
    provider: str | None = Field(default=None, description="`openai`, `anthropic`, `bedrock` …")
    model: str | None = Field(default=None, description="The model that answered.")
    model_requested: str | None = Field(default=None, description="The model that was asked for.")
    service_tier: str | None = Field(default=None, description="The tier that the answer names.")
    region: str | None = Field(default=None, description="The provider's region.")
    usage: dict[str, Any] | None = Field(
        default=None,
        description="Counts by unit (`input_tokens`, `output_tokens`, `cache_read_tokens`, "
        "`cache_write_5m_tokens`, `reasoning_tokens` …), or a provider's own usage object as it came.",
    )
    usage_convention: UsageConvention | None = Field(
        default=None,
        description="`inclusive`: input contains cache, output contains reasoning. `exclusive`: apart. "
        "`unknown` (default): the provider's own convention.",
    )
    usage_estimated: bool | None = Field(default=None, description="The counts are an estimate.")
    local_cache_hit: bool | None = Field(
        default=None, description="Answered from the caller's own cache, at no cost."
    )
    cost_usd: float | str | None = Field(default=None, description="The cost where the caller knows it.")
    status: Status | int | None = Field(
        default=None, description="How it ended, or an HTTP status. Default `ok`."
    )
    error_type: str | None = Field(default=None, description="A class or code of the error.")
    error_message: str | None = Field(default=None, description="What the error said.")
    finish_reason: str | None = Field(default=None, description="Why the model stopped.")
    prompt_name: str | None = Field(default=None, description="The name of the prompt that was used.")
    prompt_version: str | None = Field(default=None, description="The version of that prompt.")
    input: Any = Field(default=None, description="What went in: text, messages, or any JSON.")
    output: Any = Field(default=None, description="What came out: text, messages, or any JSON.")
    tags: list[str] | None = Field(default=None, description="Labels to filter by.")
    metadata: dict[str, Any] | None = Field(default=None, description="Anything to filter by.")
    attributes: dict[str, Any] | None = Field(default=None, description="Anything else worth keeping.")
    source: str | None = Field(default=None, description="What sent it. Default `sdk`.")


class EventVerdict(BaseModel):
    """What became of one event."""

    index: int = Field(description="Its place in the request, from 0.")
    status: Literal["accepted", "rejected"] = Field(description="`accepted`: it is on disk.")
    span_id: str | None = Field(default=None, description="The id of the span that it became.")
    reason: str | None = Field(default=None, description="Why it was rejected, beginning with the field.")


class EventVerdicts(BaseModel):
    """What became of each event of a request."""

    accepted: int = Field(description="How many are on disk.")
    rejected: int = Field(description="How many are not.")
    results: list[EventVerdict] = Field(description="One per event, in their order.")


_CALL_EXAMPLE: Final = {
    "ts": "2026-01-05T12:00:00Z",
    "request_id": "req_8d1f",
    "user_id": "customer-42",
    "route": "/chat",
    "provider": "openai",
    "model": "gpt-4o-2024-08-06",
    "tokens_in": 812,
    "tokens_out": 64,
    "latency_ms": 1250,
    "status": "ok",
    "metadata": {"plan": "pro"},
}
_SPAN_EXAMPLE: Final = {
    "start_time": "2026-01-05T12:00:00.000123Z",
    "duration_ms": 1250.5,
    "time_to_first_token_ms": 310,
    "trace_id": "5b8efff798038103d269b633813fc60c",
    "span_id": "eee19b7ec3c1b174",
    "kind": "llm",
    "name": "answer",
    "provider": "anthropic",
    "model": "claude-sonnet-4-5",
    "usage": {"input_tokens": 12, "cache_read_input_tokens": 9000, "output_tokens": 250},
    "input": [{"role": "user", "content": "Where is my parcel?"}],
    "output": "It arrives tomorrow.",
    "tags": ["support"],
}


def _inline(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    for part in schema.pop("$defs", {}).values():
        schema["properties"]["results"]["items"] = part
    return schema


_EVENT: Final = {"anyOf": [_inline(CallEvent), _inline(SpanInput)]}
_PROBLEM: Final = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}

EVENTS_OPENAPI: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "Events in either form, also mixed; gzip, deflate and zstd are understood.",
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        _EVENT,
                        {"type": "array", "items": _EVENT},
                        {
                            "type": "object",
                            "required": ["events"],
                            "properties": {"events": {"type": "array", "items": _EVENT}},
                        },
                    ]
                },
                "examples": {
                    "call": {"summary": "One model call", "value": _CALL_EXAMPLE},
                    "span": {"summary": "A span in full", "value": _SPAN_EXAMPLE},
                    "list": {"summary": "Several, of both forms", "value": [_CALL_EXAMPLE, _SPAN_EXAMPLE]},
                },
            },
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "One event per line."},
                "example": '{"ts": 1767614400, "provider": "openai", "model": "gpt-4o", "tokens_in": 812}\n',
            },
        },
    },
    "responses": {
        "207": {
            "description": "Each event has its verdict, also when all were accepted.",
            "headers": {
                "Idempotent-Replayed": {
                    "description": "`true` when this request was known already and changed nothing.",
                    "schema": {"type": "string"},
                }
            },
            "content": {
                "application/json": {
                    "schema": _inline(EventVerdicts),
                    "example": {
                        "accepted": 1,
                        "rejected": 1,
                        "results": [
                            {"index": 0, "status": "accepted", "span_id": "eee19b7ec3c1b174"},
                            {
                                "index": 1,
                                "status": "rejected",
                                "reason": "tokens_in: a whole number from 0 expected",
                            },
                        ],
                    },
                }
            },
        },
        "400": {"description": "The body as a whole cannot be read; nothing was stored.", **_PROBLEM},
        "413": {"description": "Over a stated limit; nothing was stored.", **_PROBLEM},
        "503": {"description": "Full or busy; try again after `Retry-After` seconds.", **_PROBLEM},
    },
}
