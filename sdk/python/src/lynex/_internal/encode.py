"""From a finished span to the JSON that `/v1/events` takes. Runs on the encoder thread.

Anything may be in an input or an output: objects of any class, NaN, cycles, lone surrogates. The common
case is one pass of the C encoder; whatever that refuses is cleaned first, within bounds.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Mapping
from typing import Any

from lynex._internal.config import Config, Event
from lynex._internal.reading import settle
from lynex._internal.record import SpanRecord

_MAX_DEPTH = 24
_MAX_REPR_CHARS = 2_000
_MAX_ERROR_CHARS = 8_000

_PLAIN_FIELDS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "kind",
    "name",
    "route",
    "provider",
    "model",
    "model_requested",
    "service_tier",
    "status",
    "error_type",
    "finish_reason",
    "prompt_name",
    "prompt_version",
)


def to_event(span: SpanRecord, config: Config) -> Event:
    """The span as the server takes it; what was not said is absent."""
    settle(span)
    event: Event = {field: value for field in _PLAIN_FIELDS if (value := getattr(span, field))}
    event["start_time"] = iso_time(span.start_ns)
    event["source"] = "sdk"
    for field, measure in (
        ("duration_ms", span.duration_ms),
        ("time_to_first_token_ms", span.time_to_first_token_ms),
    ):
        if measure is not None:
            event[field] = round(measure, 3)
    for field in ("environment", "release", "service"):
        if value := getattr(config, field):
            event[field] = value
    if span.error_message:
        event["error_message"] = span.error_message[:_MAX_ERROR_CHARS]
    if span.cost is not None:
        event["cost_usd"] = str(span.cost)
    _put_usage(event, span)
    _put_surroundings(event, span)
    _put_content(event, span, config)
    return event


def to_bytes(event: Event) -> bytes:
    """The event as UTF-8 JSON."""
    try:
        encoded = _encode(event)
    except (TypeError, ValueError, RecursionError):
        encoded = _encode(clean(event))
    # A lone surrogate (half of a cut emoji) has no UTF-8 form.
    return encoded.encode("utf-8", "replace")


def iso_time(epoch_ns: int) -> str:
    """UTC time in ISO 8601 with microseconds."""
    seconds, rest_ns = divmod(epoch_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest_ns // 1000:06d}Z"


def _put_usage(event: Event, span: SpanRecord) -> None:
    if not span.usage:
        return
    event["usage"] = span.usage
    event["usage_convention"] = span.usage_convention or "unknown"
    if span.usage_estimated:
        event["usage_estimated"] = True


def _put_surroundings(event: Event, span: SpanRecord) -> None:
    around = span.ambient
    if around.session_id:
        event["session_id"] = around.session_id
    if around.end_user_id:
        event["end_user_id"] = around.end_user_id
    tags = list(dict.fromkeys((*around.tags, *(span.tags or ()))))
    if tags:
        event["tags"] = tags
    metadata = {**dict(around.metadata), **(span.metadata or {})}
    if metadata:
        event["metadata"] = {key: _metadata_text(value) for key, value in metadata.items()}


def _put_content(event: Event, span: SpanRecord, config: Config) -> None:
    attributes = dict(span.attributes or {})
    if config.capture_content:
        for field in ("input", "output"):
            value = getattr(span, field)
            if value is None or (field == "output" and span.drop_output):
                continue
            event[field], cut = bounded(value, config.max_content_bytes)
            if cut:
                attributes[f"lynex.{field}_cut_chars"] = cut
    else:
        attributes.pop("gen_ai.tool.definitions", None)
    if attributes:
        event["attributes"] = attributes


def bounded(value: Any, max_bytes: int) -> tuple[Any, int]:
    """The value as plain JSON data, and 0; or, when it is longer, its beginning as text and what was cut.

    The second number counts characters. A text stays text; anything else is cut in its JSON form.
    """
    if isinstance(value, str):
        written = value
    else:
        try:
            written = _encode(value)
        except (TypeError, ValueError, RecursionError):
            value = clean(value)
            written = _encode(value)
    # No character takes more than four bytes, so most values need no second look.
    if len(written) * 4 <= max_bytes or len(written.encode("utf-8", "replace")) <= max_bytes:
        return (value if isinstance(value, (str, int, float, bool)) else json.loads(written)), 0
    kept = written.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")
    return kept, len(written) - len(kept)


def _metadata_text(value: Any) -> str:
    return value if isinstance(value, str) else bounded_json(value)


def bounded_json(value: Any) -> str:
    """A value as JSON text, whatever it is."""
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError):
        return _encode(clean(value))


def _encode(value: Any) -> str:
    return _ENCODER.encode(value)


def plain(value: Any) -> Any:
    """Plain data for an object that JSON does not know: its fields where it tells them, else its `repr`."""
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        # Not `mode="json"`: what is left to say is said by the same rules as everything else.
        return dump(exclude_none=True)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    isoformat = getattr(value, "isoformat", None)
    if callable(isoformat):
        return isoformat()
    return _short_repr(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=plain)


def _short_repr(value: Any) -> str:
    try:
        return repr(value)[:_MAX_REPR_CHARS]
    except Exception:
        return f"<{type(value).__name__}>"


def clean(value: Any, depth: int = 0) -> Any:
    """A copy that JSON can hold: text keys, no NaN, no cycles (a branch ends at 24 levels)."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth >= _MAX_DEPTH:
        return _short_repr(value)
    if isinstance(value, dict):
        return {str(key): clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(item, depth + 1) for item in value]
    try:
        return clean(plain(value), depth + 1)
    except Exception:
        return _short_repr(value)
