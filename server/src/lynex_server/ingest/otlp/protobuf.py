"""OTLP in protobuf to the neutral form, one item at a time."""

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from lynex_server.ingest.decoded import RejectedItem
from lynex_server.ingest.otlp.envelope import read_groups
from lynex_server.ingest.otlp.neutral import Attributes, Origin, OtlpEvent, OtlpLog, OtlpSpan

Parsed = TypeVar("Parsed")
_MAX_DEPTH = 20


def read_items(
    body: bytes, max_items: int, max_item_bytes: int, parse: Callable[[bytes, Origin], Parsed]
) -> Iterator[Parsed | RejectedItem]:
    """What `parse` makes of each item, in order; a `RejectedItem` in the place of one that cannot be read.

    Raises `InvalidInput` or `TooLarge` when the request as a whole cannot be read.
    """
    for group in read_groups(body, max_items):
        try:
            origin = _origin(group.resource, group.scope)
        except DecodeError:
            for _ in group.items:
                yield RejectedItem("resource or scope: not readable protobuf")
            continue
        for item in group.items:
            if len(item) > max_item_bytes:
                yield RejectedItem(f"{len(item)} bytes: over LYNEX_MAX_ITEM_BYTES ({max_item_bytes})")
                continue
            try:
                yield parse(item, origin)
            except DecodeError:
                yield RejectedItem("not readable protobuf (truncated, or text that is not UTF-8)")
            except RejectedItem as rejected:
                yield rejected


def parse_span(item: bytes, origin: Origin) -> OtlpSpan:
    """One `Span` message. Raises `DecodeError`."""
    span = Span.FromString(item)
    status = span.status if span.HasField("status") else None
    return OtlpSpan(
        origin=origin,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        name=span.name,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=attributes_of(span.attributes),
        status_code=status.code if status else 0,
        status_message=status.message if status else "",
        events=[
            OtlpEvent(event.name, event.time_unix_nano, attributes_of(event.attributes))
            for event in span.events
        ],
    )


def parse_log(item: bytes, origin: Origin) -> OtlpLog:
    """One `LogRecord` message. Raises `DecodeError`."""
    record = LogRecord.FromString(item)
    return OtlpLog(
        origin=origin,
        time_ns=record.time_unix_nano or record.observed_time_unix_nano,
        event_name=record.event_name,
        body=value_of(record.body),
        attributes=attributes_of(record.attributes),
        severity=record.severity_text,
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
    )


def parse_metric(item: bytes, origin: Origin) -> tuple[Metric, Origin]:
    """One `Metric` message with all its points. Raises `DecodeError`."""
    return Metric.FromString(item), origin


def attributes_of(pairs: Iterable[Any]) -> Attributes:
    """`KeyValue` messages as a dictionary."""
    attributes: Attributes = {}
    for pair in pairs:
        value = pair.value
        # One kind is set and the others read as empty: the frequent ones are tried before asking which.
        attributes[pair.key] = value.string_value or value.int_value or value.double_value or value_of(value)
    return attributes


def value_of(value: Any, depth: int = 0) -> Any:
    """An `AnyValue` message as a plain value; None when it holds nothing."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        _check_depth(depth)
        return [value_of(member, depth + 1) for member in value.array_value.values]
    if which == "kvlist_value":
        _check_depth(depth)
        return {pair.key: value_of(pair.value, depth + 1) for pair in value.kvlist_value.values}
    if which == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, which)


def _check_depth(depth: int) -> None:
    if depth >= _MAX_DEPTH:
        raise RejectedItem(f"attributes: nested deeper than {_MAX_DEPTH} levels")


def _origin(resource: bytes, scope: bytes) -> Origin:
    parsed = InstrumentationScope.FromString(scope)
    return Origin(attributes_of(Resource.FromString(resource).attributes), parsed.name, parsed.version)
