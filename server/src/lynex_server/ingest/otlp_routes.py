"""OTLP over HTTP: traces, logs and metrics, and the path at which Langfuse's SDKs post their traces.

Answers, errors included, come in the encoding of the request, as the specification asks:
https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from lynex_server.identity.public import Principal, require
from lynex_server.ingest.decoded import Rejection
from lynex_server.ingest.otlp.encoding import JSON, PROTOBUF, is_json, partial_success, rpc_status
from lynex_server.ingest.preparing import Signal
from lynex_server.ingest.receiving import REPLAYED_HEADER, read_request, take_in
from lynex_server.ingest.service import Receipt
from lynex_server.kernel.errors import Busy, InvalidInput, LynexError, TooManyRequests

_MAX_REASONS: Final = 5
_MAX_REASON_CHARS: Final = 300


class OtlpRoute(APIRoute):
    """Says errors as `google.rpc.Status` in the encoding of the request, wherever they arise."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except LynexError as error:
                return _error_answer(request, error)

        return handle


router = APIRouter(tags=["ingest"], route_class=OtlpRoute)


def _described(signal: str, rejected_name: str) -> dict[str, Any]:
    """What OpenAPI says of an OTLP route: the messages are OpenTelemetry's own."""
    anything = {"schema": {"type": "string", "format": "binary"}}
    request = {
        "description": f"OpenTelemetry's `Export{signal}ServiceRequest`; gzip, deflate, zstd are understood.",
        "required": True,
        "content": {
            PROTOBUF: anything,
            JSON: {"schema": {"type": "object"}, "example": _EXAMPLES[signal]},
        },
    }
    taken = {
        "description": "Taken in and on disk. `partialSuccess` counts what was rejected, and says why.",
        "content": {
            PROTOBUF: anything,
            JSON: {
                "schema": {"type": "object"},
                "example": {"partialSuccess": {rejected_name: "1", "errorMessage": "0: trace_id: …"}},
            },
        },
    }
    status = {"description": "A `google.rpc.Status`.", "content": {JSON: {"schema": {"type": "object"}}}}
    answers = {"200": taken, **dict.fromkeys(("400", "401", "403", "413", "429", "503"), status)}
    return {"requestBody": request, "responses": answers}


_RESOURCE: Final = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
_ATTRIBUTES: Final = [
    {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
    {"key": "gen_ai.response.model", "value": {"stringValue": "gpt-4o-2024-08-06"}},
    {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "812"}},
    {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "64"}},
]
_EXAMPLES: Final[dict[str, Any]] = {
    "Trace": {
        "resourceSpans": [
            {
                "resource": _RESOURCE,
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "traceId": "5b8efff798038103d269b633813fc60c",
                                "spanId": "eee19b7ec3c1b174",
                                "name": "chat gpt-4o",
                                "startTimeUnixNano": "1767614400000000000",
                                "endTimeUnixNano": "1767614401250000000",
                                "attributes": _ATTRIBUTES,
                            }
                        ]
                    }
                ],
            }
        ]
    },
    "Logs": {
        "resourceLogs": [
            {
                "resource": _RESOURCE,
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "timeUnixNano": "1767614401250000000",
                                "eventName": "gen_ai.client.inference.operation.details",
                                "attributes": _ATTRIBUTES,
                            }
                        ]
                    }
                ],
            }
        ]
    },
    "Metrics": {
        "resourceMetrics": [
            {
                "resource": _RESOURCE,
                "scopeMetrics": [
                    {
                        "metrics": [
                            {
                                "name": "claude_code.token.usage",
                                "unit": "tokens",
                                "sum": {
                                    "aggregationTemporality": 1,
                                    "isMonotonic": True,
                                    "dataPoints": [{"timeUnixNano": "1767614401250000000", "asInt": "812"}],
                                },
                            }
                        ]
                    }
                ],
            }
        ]
    },
}


@router.post(
    "/v1/traces", summary="Take in OpenTelemetry traces", openapi_extra=_described("Trace", "rejectedSpans")
)
async def post_traces(request: Request, principal: Annotated[Principal, require("events:write")]) -> Response:
    """Spans of any instrumentation; those of model calls are understood in every known dialect."""
    return await _receive(request, principal, "traces", "rejectedSpans")


@router.post(
    "/api/public/otel/v1/traces",
    summary="Take in traces of Langfuse SDKs",
    openapi_extra=_described("Trace", "rejectedSpans"),
)
async def post_langfuse_traces(
    request: Request, principal: Annotated[Principal, require("events:write")]
) -> Response:
    """As `/v1/traces`, at the path of Langfuse: point `LANGFUSE_BASE_URL` (or `_HOST`) here, with an API key
    as secret key."""
    return await _receive(request, principal, "traces", "rejectedSpans")


@router.post(
    "/api/public/otel",
    summary="Take in traces of Langfuse SDKs",
    openapi_extra=_described("Trace", "rejectedSpans"),
)
async def post_langfuse_base(
    request: Request, principal: Annotated[Principal, require("events:write")]
) -> Response:
    """For exporters that are given the base address of Langfuse's OTLP as if it were the one for traces."""
    return await _receive(request, principal, "traces", "rejectedSpans")


@router.post(
    "/v1/logs", summary="Take in OpenTelemetry logs", openapi_extra=_described("Logs", "rejectedLogRecords")
)
async def post_logs(request: Request, principal: Annotated[Principal, require("events:write")]) -> Response:
    """GenAI events and the events of coding agents become spans; others are rejected, and counted."""
    return await _receive(request, principal, "logs", "rejectedLogRecords")


@router.post(
    "/v1/metrics",
    summary="Take in OpenTelemetry metrics",
    openapi_extra=_described("Metrics", "rejectedDataPoints"),
)
async def post_metrics(
    request: Request, principal: Annotated[Principal, require("events:write")]
) -> Response:
    """Token and cost metrics are kept; other metrics are rejected, and counted."""
    return await _receive(request, principal, "metrics", "rejectedDataPoints")


async def _receive(request: Request, principal: Principal, signal: Signal, rejected_name: str) -> Response:
    content_type = request.headers.get("content-type", "")
    json = is_json(content_type)
    received = await read_request(request)
    receipt = await take_in(received, principal, signal, content_type)
    answer = partial_success(len(receipt.rejections), _reasons(receipt.rejections), json, rejected_name)
    return Response(answer, headers=_headers(receipt), media_type=JSON if json else PROTOBUF)


def _headers(receipt: Receipt) -> dict[str, str]:
    return {REPLAYED_HEADER: "true"} if receipt.replayed else {}


def _reasons(rejections: Sequence[Rejection]) -> str:
    """The first few reasons, each with the place of its item in the request."""
    shown = [f"{each.index}: {each.reason[:_MAX_REASON_CHARS]}" for each in rejections[:_MAX_REASONS]]
    more = len(rejections) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def _error_answer(request: Request, error: LynexError) -> Response:
    try:
        json = is_json(request.headers.get("content-type", ""))
    except InvalidInput:
        json = True  # an encoding we do not have: JSON can at least be read by a person
    headers: dict[str, str] = {}
    if isinstance(error, Busy | TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_s)
    return Response(
        rpc_status(error.status, str(error), json),
        status_code=error.status,
        headers=headers,
        media_type=JSON if json else PROTOBUF,
    )
