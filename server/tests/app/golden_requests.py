"""Golden payloads as if they had just been captured, with ids of answers like those of real providers."""

import json
import time
from dataclasses import dataclass
from typing import Any

from contract.golden_cases import load_case
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lynex_server.ingest.public import decode_otlp_traces
from lynex_server.spans.public import SpanEvent

_NAME, _DIGITS = b"golden", b"4f8a21"
"""The part of an id by which it is known as made up, and what stands there instead: of the same length."""


@dataclass(frozen=True, slots=True)
class GoldenRequest:
    """A trace request that can be posted, and what the product makes of it."""

    path: str
    content_type: str
    body: bytes

    @property
    def calls(self) -> list[SpanEvent]:
        """Its model calls."""
        decoded = decode_otlp_traces(self.body, self.content_type)
        return [span for span in decoded.spans if span.kind in ("llm", "embedding")]

    @property
    def spans(self) -> int:
        """How many it has, of any kind."""
        return len(decode_otlp_traces(self.body, self.content_type).spans)

    @property
    def answers(self) -> list[str]:
        """The ids of the answers that it tells of, each once."""
        ids = (str(call.attributes.get("gen_ai.response.id", "")) for call in self.calls)
        return list(dict.fromkeys(filter(None, ids)))


def golden_request(name: str, resource: dict[str, str] | None = None) -> GoldenRequest:
    """The case of that name, moved to the present; `resource` is told of its sender besides."""
    case = load_case(name)
    body, content_type = case.body.replace(_NAME, _DIGITS), case.meta["content_type"]
    moved = _moved_json(body, resource or {}) if "json" in content_type else _moved(body, resource or {})
    return GoldenRequest(case.meta["path"], content_type, moved)


def _moved(body: bytes, resource: dict[str, str]) -> bytes:
    request = ExportTraceServiceRequest.FromString(body)
    spans = [span for each in request.resource_spans for scope in each.scope_spans for span in scope.spans]
    by_ns = time.time_ns() - max(span.end_time_unix_nano for span in spans)
    for span in spans:
        span.start_time_unix_nano += by_ns
        span.end_time_unix_nano += by_ns
    for each in request.resource_spans:
        for key, value in resource.items():
            each.resource.attributes.add(key=key).value.string_value = value
    return request.SerializeToString()


def _moved_json(body: bytes, resource: dict[str, str]) -> bytes:
    request: dict[str, Any] = json.loads(body)
    spans = [s for each in request["resourceSpans"] for scope in each["scopeSpans"] for s in scope["spans"]]
    by_ns = time.time_ns() - max(int(span["endTimeUnixNano"]) for span in spans)
    for span in spans:
        for name in ("startTimeUnixNano", "endTimeUnixNano"):
            span[name] = str(int(span[name]) + by_ns)
    for each in request["resourceSpans"]:
        each["resource"]["attributes"] += [
            {"key": key, "value": {"stringValue": value}} for key, value in resource.items()
        ]
    return json.dumps(request).encode()
