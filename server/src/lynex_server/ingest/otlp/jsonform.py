"""OTLP in JSON to the neutral form, one item at a time.

It is not the usual JSON mapping of protobuf: ids are hexadecimal text (not base64), 64-bit integers may be
text or numbers, enumerations are numbers, unknown fields are passed over.
Format: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from lynex_server.ingest.decoded import RejectedItem
from lynex_server.ingest.otlp.envelope import too_many_items
from lynex_server.ingest.otlp.neutral import Attributes, Origin, OtlpEvent, OtlpLog, OtlpSpan
from lynex_server.ingest.values import decode_mended
from lynex_server.kernel.errors import InvalidInput

Parsed = TypeVar("Parsed")
_MAX_DEPTH = 20
_HEX_DIGITS = frozenset("0123456789abcdef")
_MAX_UINT64 = 2**64 - 1


class _Scope(msgspec.Struct, rename="camel"):
    """Any of `ScopeSpans`, `ScopeLogs`, `ScopeMetrics`: the items stay unread until each is judged."""

    scope: msgspec.Raw = msgspec.Raw(b"{}")
    spans: list[msgspec.Raw] | None = None
    log_records: list[msgspec.Raw] | None = None
    metrics: list[msgspec.Raw] | None = None


class _Resource(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw = msgspec.Raw(b"{}")
    scope_spans: list[_Scope] | None = None
    scope_logs: list[_Scope] | None = None
    scope_metrics: list[_Scope] | None = None


class _Request(msgspec.Struct, rename="camel"):
    resource_spans: list[_Resource] | None = None
    resource_logs: list[_Resource] | None = None
    resource_metrics: list[_Resource] | None = None


_request_decoder = msgspec.json.Decoder(_Request)
_any_decoder = msgspec.json.Decoder()


def read_items(
    body: bytes, max_items: int, max_item_bytes: int, parse: Callable[[dict[str, Any], Origin], Parsed]
) -> Iterator[Parsed | RejectedItem]:
    """What `parse` makes of each item, in order; a `RejectedItem` in the place of one that cannot be read.

    Raises `InvalidInput` or `TooLarge` when the request as a whole cannot be read.
    """
    try:
        request = decode_mended(_request_decoder, body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"body: not an OTLP request in JSON: {error}") from error
    groups = [
        (resource.resource, scope.scope, items)
        for resource in request.resource_spans or request.resource_logs or request.resource_metrics or []
        for scope in resource.scope_spans or resource.scope_logs or resource.scope_metrics or []
        for items in (scope.spans or scope.log_records or scope.metrics or [],)
    ]
    if sum(len(items) for _, _, items in groups) > max_items:
        raise too_many_items()
    for resource_text, scope_text, items in groups:
        try:
            origin = _origin(_read_object(resource_text), _read_object(scope_text))
        except RejectedItem as rejected:
            for _ in items:
                yield RejectedItem(f"resource or scope: {rejected}")
            continue
        for item in items:
            if len(item) > max_item_bytes:
                yield RejectedItem(f"{len(item)} bytes: over LYNEX_MAX_ITEM_BYTES ({max_item_bytes})")
                continue
            try:
                yield parse(_read_object(item), origin)
            except RejectedItem as rejected:
                yield rejected


def parse_span(item: dict[str, Any], origin: Origin) -> OtlpSpan:
    """One span object. Raises `RejectedItem`."""
    status = _object(item, "status")
    return OtlpSpan(
        origin=origin,
        trace_id=_id_of(item, "traceId"),
        span_id=_id_of(item, "spanId"),
        parent_span_id=_id_of(item, "parentSpanId"),
        name=text_of(item, "name"),
        start_ns=integer_of(item, "startTimeUnixNano"),
        end_ns=integer_of(item, "endTimeUnixNano"),
        attributes=attributes_of(item),
        status_code=_status_code(status),
        status_message=text_of(status, "message"),
        events=[
            OtlpEvent(text_of(event, "name"), integer_of(event, "timeUnixNano"), attributes_of(event))
            for event in objects_of(item, "events")
        ],
    )


def parse_log(item: dict[str, Any], origin: Origin) -> OtlpLog:
    """One log record object. Raises `RejectedItem`."""
    return OtlpLog(
        origin=origin,
        time_ns=integer_of(item, "timeUnixNano") or integer_of(item, "observedTimeUnixNano"),
        event_name=text_of(item, "eventName"),
        body=_value(item.get("body"), 0),
        attributes=attributes_of(item),
        severity=text_of(item, "severityText"),
        trace_id=_id_of(item, "traceId"),
        span_id=_id_of(item, "spanId"),
    )


def parse_metric(item: dict[str, Any], origin: Origin) -> tuple[dict[str, Any], Origin]:
    """One metric object with all its points."""
    return item, origin


def attributes_of(holder: dict[str, Any]) -> Attributes:
    """The `attributes` list of an object as a dictionary. Raises `RejectedItem`."""
    return {text_of(pair, "key"): _value(pair.get("value"), 0) for pair in objects_of(holder, "attributes")}


def text_of(holder: dict[str, Any], field: str) -> str:
    """A text field; empty when absent."""
    value = holder.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RejectedItem(f"{field}: text expected")
    return value


def integer_of(holder: dict[str, Any], field: str) -> int:
    """An unsigned 64-bit field, given as a number or as text; 0 when absent."""
    value = holder.get(field)
    if value is None:
        return 0
    number = _integer(value, field)
    if not 0 <= number <= _MAX_UINT64:
        raise RejectedItem(f"{field}: out of range")
    return number


def objects_of(holder: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """A list of objects; empty when absent."""
    value = holder.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(member, dict) for member in value):
        raise RejectedItem(f"{field}: a list of objects expected")
    return value


def number_of(holder: dict[str, Any], field: str) -> float:
    """A number, given as such or as text (`"NaN"` and `"Infinity"` included); 0 when absent."""
    value = holder.get(field)
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise RejectedItem(f"{field}: a number expected")
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise RejectedItem(f"{field}: a number expected") from error


def _id_of(holder: dict[str, Any], field: str) -> str:
    """An id in hexadecimal, in lower case; empty when absent."""
    text = text_of(holder, field).lower()
    if not _HEX_DIGITS.issuperset(text):
        raise RejectedItem(f"{field}: hexadecimal digits expected")
    return text


def _object(holder: dict[str, Any], field: str) -> dict[str, Any]:
    value = holder.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RejectedItem(f"{field}: an object expected")
    return value


def _integer(value: Any, field: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= 20:
        try:
            return int(value)
        except ValueError:
            pass
    raise RejectedItem(f"{field}: an integer expected")


def _status_code(status: dict[str, Any]) -> int:
    """Numbers by the format; some senders write the name, and what they mean is clear."""
    code = status.get("code", 0)
    if isinstance(code, str):
        return {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}.get(code, 0)
    return code if isinstance(code, int) else 0


def _value(value: Any, depth: int) -> Any:
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        if value is None:
            return None
        raise RejectedItem(f"attributes: not a value object, or nested deeper than {_MAX_DEPTH} levels")
    for name, content in value.items():
        if name in ("stringValue", "bytesValue", "boolValue"):
            return content if isinstance(content, (str, bool)) else None
        if name == "intValue":
            number = _integer(content, name)
            return number if -(2**63) <= number < 2**63 else str(number)
        if name == "doubleValue":
            return number_of(value, name)
        if name == "arrayValue":
            return [_value(member, depth + 1) for member in objects_of(_object(value, name), "values")]
        if name == "kvlistValue":
            pairs = objects_of(_object(value, name), "values")
            return {text_of(pair, "key"): _value(pair.get("value"), depth + 1) for pair in pairs}
    return None


def _read_object(text: msgspec.Raw) -> dict[str, Any]:
    try:
        value = decode_mended(_any_decoder, text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RejectedItem(f"not readable JSON: {error}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RejectedItem("an object expected")
    return value


def _origin(resource: dict[str, Any], scope: dict[str, Any]) -> Origin:
    return Origin(attributes_of(resource), text_of(scope, "name"), text_of(scope, "version"))
