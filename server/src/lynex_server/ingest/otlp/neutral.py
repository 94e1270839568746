"""What the two encodings of OTLP have in common: plain values, ids as lower-case hex, times in nanoseconds.

Attributes are dictionaries of text, numbers, booleans, lists and dictionaries; bytes became base64 text.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Attributes = dict[str, Any]

STATUS_ERROR = 2
"""`Status.STATUS_CODE_ERROR` of opentelemetry/proto/trace/v1/trace.proto."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent it: the attributes of the resource, and the instrumentation library (the scope)."""

    resource: Attributes
    scope_name: str = ""
    scope_version: str = ""


@dataclass(slots=True)
class OtlpEvent:
    """Something that happened within a span."""

    name: str
    time_ns: int
    attributes: Attributes


@dataclass(slots=True)
class OtlpSpan:
    """A span as OpenTelemetry means it. `end_ns` is 0 while it is not known."""

    origin: Origin
    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    start_ns: int
    end_ns: int
    attributes: Attributes
    status_code: int = 0
    status_message: str = ""
    events: list[OtlpEvent] = field(default_factory=list)


@dataclass(slots=True)
class OtlpLog:
    """A log record. `body` is any value; `event_name` is empty for a plain record."""

    origin: Origin
    time_ns: int
    event_name: str
    body: Any
    attributes: Attributes
    severity: str = ""
    trace_id: str = ""
    span_id: str = ""


@dataclass(slots=True)
class OtlpPoint:
    """One data point of a metric. Of a histogram, `value` is the sum of what was recorded."""

    origin: Origin
    name: str
    unit: str
    time_ns: int
    value: float
    attributes: Attributes
    temporality: Literal["delta", "cumulative", "gauge"]
    count: int | None = None
