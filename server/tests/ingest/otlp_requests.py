"""OTLP requests for tests, in both encodings, from one plain description."""

import json
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
NOON_NS = 1_767_614_400_000_000_000  # 2026-01-05T12:00:00Z
TRACE_ID = "5b8efff798038103d269b633813fc60c"
SPAN_ID = "eee19b7ec3c1b174"


def a_span(attributes: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """A span of one second as an OTLP/JSON object; `changed` are its fields in camel case."""
    return {
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "name": "chat",
        "startTimeUnixNano": str(NOON_NS),
        "endTimeUnixNano": str(NOON_NS + 1_000_000_000),
        "attributes": pairs(attributes or {}),
        **changed,
    }


def a_log(attributes: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """A log record as an OTLP/JSON object."""
    return {"timeUnixNano": str(NOON_NS), "attributes": pairs(attributes or {}), **changed}


def a_sum(name: str, value: int | float, attributes: dict[str, Any] | None = None) -> dict[str, Any]:
    """A monotonic delta sum with one point as an OTLP/JSON object."""
    number = {"asInt": str(value)} if isinstance(value, int) else {"asDouble": value}
    point = {"timeUnixNano": str(NOON_NS), "attributes": pairs(attributes or {}), **number}
    return {
        "name": name,
        "unit": "1",
        "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [point]},
    }


def traces(
    *spans: dict[str, Any], resource: dict[str, Any] | None = None, scope: str = "tests"
) -> dict[str, Any]:
    """An OTLP/JSON trace request of one resource and scope."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": pairs(resource or {})},
                "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}],
            }
        ]
    }


def logs(*records: dict[str, Any], resource: dict[str, Any] | None = None, scope: str = "") -> dict[str, Any]:
    """An OTLP/JSON log request of one resource and scope."""
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": pairs(resource or {})},
                "scopeLogs": [{"scope": {"name": scope}, "logRecords": list(records)}],
            }
        ]
    }


def metrics(*members: dict[str, Any], resource: dict[str, Any] | None = None) -> dict[str, Any]:
    """An OTLP/JSON metric request of one resource and scope."""
    return {
        "resourceMetrics": [
            {
                "resource": {"attributes": pairs(resource or {})},
                "scopeMetrics": [{"scope": {"name": "tests"}, "metrics": list(members)}],
            }
        ]
    }


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    """A dictionary as OTLP/JSON key-value pairs."""
    return [{"key": key, "value": value_object(value)} for key, value in attributes.items()]


def value_object(value: Any) -> dict[str, Any]:
    """A plain value as an OTLP/JSON value object."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [value_object(member) for member in value]}}
    return {"kvlistValue": {"values": pairs(value)}}


def as_json(request: dict[str, Any]) -> bytes:
    """The request as OTLP/JSON bytes."""
    return json.dumps(request).encode()


def as_protobuf(request: dict[str, Any]) -> bytes:
    """The same request in protobuf, built field by field (ids are hexadecimal in the description)."""
    if "resourceSpans" in request:
        message: Any = ExportTraceServiceRequest()
    elif "resourceLogs" in request:
        message = ExportLogsServiceRequest()
    else:
        message = ExportMetricsServiceRequest()
    _fill(message, request)
    encoded: bytes = message.SerializeToString()
    return encoded


def _fill(message: Any, fields: dict[str, Any]) -> None:
    for camel, value in fields.items():
        field = message.DESCRIPTOR.fields_by_camelcase_name[camel]
        if isinstance(value, list):
            for member in value:
                _fill(getattr(message, field.name).add(), member)
        elif isinstance(value, dict):
            child = getattr(message, field.name)
            child.SetInParent()
            _fill(child, value)
        else:
            setattr(message, field.name, _scalar(field, value))


def _scalar(field: Any, value: Any) -> Any:
    if field.type == field.TYPE_BYTES:
        return bytes.fromhex(value)
    if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        return float(value)
    return int(value) if field.type not in (field.TYPE_STRING, field.TYPE_BOOL) else value
