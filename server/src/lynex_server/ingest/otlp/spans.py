"""A neutral OTLP span to our span: which field says what is `aliases.py`'s, what it means is decided here."""

from typing import Any, Final

from lynex_server.ingest.aliases import (
    ALIASES,
    INCLUSIVE_SCOPES,
    INCLUSIVE_USAGE,
    KINDS,
    RESOURCE_FIELDS,
    RESOURCE_METADATA,
    SUMMING_KINDS,
    UNCERTAIN_USAGE,
)
from lynex_server.ingest.decoded import RejectedItem
from lynex_server.ingest.mapping import Mapped, map_attributes
from lynex_server.ingest.otlp.content import take_events
from lynex_server.ingest.otlp.neutral import STATUS_ERROR, Origin, OtlpSpan
from lynex_server.ingest.otlp.within import put_what_is_within
from lynex_server.ingest.usage import convention_of, read_usage
from lynex_server.ingest.values import (
    MAX_INT64,
    count_from,
    instant_us_from,
    json_text,
    nanousd_from,
    number_from,
    parsed_json,
    provider_from,
    text_from,
    unquoted,
    whole_fields_of,
)
from lynex_server.spans.public import Kind, SpanEvent, Status, UsageConvention

_UNITS: Final = {field: field.removeprefix("usage.") for field in ALIASES if field.startswith("usage.")}
_ZEROS: Final = "0" * 32
_PLAIN_TEXTS: Final = frozenset(
    {"session_id", "end_user_id", "route", "environment", "release", "service", "region"}
    | {"prompt_name", "prompt_version", "output"}
)
"""Fields that are taken as they were said."""
_OUTCOME_FIELDS: Final = {"level", "status_message", "error_type", "error_message"}
_RARE_FIELDS: Final = frozenset(
    {
        "time_to_first_token_ms",
        "time_to_first_token_s",
        "first_token_at",
        "service_tier",
        "finish_reason",
        "tags",
    }
    | {"service_tier_requested", "cost_usd", "cost_json"}
)
_HIDDEN_TIERS = ("auto", "")


class SpanReader:
    """Turns the spans of one request into events. What a resource says is worked out once per resource."""

    def __init__(self) -> None:
        self._origin: Origin | None = None
        self._resource = Mapped()

    def read(self, span: OtlpSpan) -> SpanEvent:
        """The span in our words. Raises `RejectedItem` when its ids or its start are not usable."""
        _check_ids(span)
        resource = self._resource_of(span.origin)
        said = map_attributes(span.attributes)
        if span.events:
            take_events(span.events, said)
        if said.attributes:
            said.attributes.update(resource.attributes)
        else:
            said.attributes = dict(resource.attributes)
        kind = _kind_of(said)
        start_us = span.start_ns // 1000
        event = SpanEvent(
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_span_id=span.parent_span_id,
            start_time_us=start_us,
            duration_ms=(span.end_ns - span.start_ns) / 1e6 if span.end_ns >= span.start_ns else None,
            kind=kind,
            name=span.name,
            attributes=said.attributes,
            source="langfuse" if span.origin.scope_name.startswith("langfuse") else "otlp",
        )
        event.usage, event.usage_convention = _usage_of(said, kind, span.origin.scope_name)
        for field, value in said.fields.items():
            if field in _PLAIN_TEXTS:
                setattr(event, field, value if isinstance(value, str) else text_from(value))
        _put_resource_fields(event, resource)
        _put_model(event, said)
        _put_content(event, said)
        if span.status_code == STATUS_ERROR or span.status_message or _OUTCOME_FIELDS & said.fields.keys():
            event.status, event.error_type, event.error_message = _outcome_of(span, said)
        if not _RARE_FIELDS.isdisjoint(said.fields):
            _put_rare_fields(event, said)
        if said.metadata or resource.metadata or "metadata" in said.fields:
            event.metadata = _metadata_of(said, resource)
        put_what_is_within(event, said)
        return event

    def _resource_of(self, origin: Origin) -> Mapped:
        if origin is not self._origin:
            self._origin, self._resource = origin, read_resource(origin)
        return self._resource


def read_resource(origin: Origin) -> Mapped:
    """What the resource says for all that it sent: fields, metadata, and the rest as `resource.…`."""
    mapped = map_attributes(origin.resource)
    kept: dict[str, Any] = {}
    taken = {mapped.names[name] for name in RESOURCE_FIELDS if name in mapped.names}
    for name, value in origin.resource.items():
        if name in RESOURCE_METADATA:
            mapped.metadata[RESOURCE_METADATA[name]] = text_from(value)
        elif name not in taken:
            kept[f"resource.{name}"] = value
    if origin.scope_name:
        kept["otel.scope.name"] = origin.scope_name
    if origin.scope_version:
        kept["otel.scope.version"] = origin.scope_version
    mapped.attributes = kept
    return mapped


def _check_ids(span: OtlpSpan) -> None:
    if not _is_id(span.trace_id, 32):
        raise RejectedItem("trace_id: 16 bytes that are not all zero expected")
    if not _is_id(span.span_id, 16):
        raise RejectedItem("span_id: 8 bytes that are not all zero expected")
    if span.parent_span_id and not _is_id(span.parent_span_id, 16):
        if span.parent_span_id.strip("0"):
            raise RejectedItem("parent_span_id: 8 bytes expected")
        span.parent_span_id = ""
    if not span.start_ns:
        raise RejectedItem("start_time_unix_nano: missing")


def _put_resource_fields(event: SpanEvent, resource: Mapped) -> None:
    """The span's own word goes before that of its resource."""
    for field in RESOURCE_FIELDS:
        if field in resource.fields and not getattr(event, field):
            setattr(event, field, resource.text(field))


def _put_model(event: SpanEvent, said: Mapped) -> None:
    fields = said.fields
    if "provider" in fields:
        event.provider = provider_from(unquoted(said.fields["provider"]))
    if "model_requested" in fields:
        event.model = event.model_requested = unquoted(fields["model_requested"])
    if "model" in fields:
        event.model = unquoted(fields["model"])


def _put_content(event: SpanEvent, said: Mapped) -> None:
    if "system" in said.fields:
        event.input = _with_system(said)
    elif "input" in said.fields:
        event.input = said.text("input")


def _put_rare_fields(event: SpanEvent, said: Mapped) -> None:
    event.time_to_first_token_ms = _first_token_ms(said, event.start_time_us)
    event.service_tier = _tier_of(said)
    event.cost_nanousd = _cost_of(said, event.kind)
    event.finish_reason = _finish_reason_of(said.fields.get("finish_reason"))
    event.tags = _tags_of(said.fields.get("tags"))


def _is_id(text: str, length: int) -> bool:
    """Of the right length, hexadecimal (both decoders give nothing else of that length) and not all zero."""
    return len(text) == length and text != _ZEROS[:length]


def _kind_of(said: Mapped) -> Kind:
    """By the first kind attribute, else by what the span talks of."""
    fields = said.fields
    if "kind" in fields:
        named = unquoted(fields["kind"]).lower()
        kind = KINDS.get(named) or KINDS.get(named.split(" ")[0])
        if kind:
            return kind  # type: ignore[return-value]  # a test holds the table to the kinds
    if "model" in fields or "model_requested" in fields or "usage.input_tokens" in fields:
        return "llm"
    if "gen_ai.tool.name" in said.attributes:
        return "tool"
    return "other"


def _usage_of(said: Mapped, kind: Kind, scope_name: str) -> tuple[dict[str, int], UsageConvention]:
    if "usage_json" in said.fields:
        counts, convention = read_usage(whole_fields_of(said.fields["usage_json"]))
        if said.names["usage_json"] in INCLUSIVE_USAGE:
            return counts, "inclusive"
        return counts, convention_of(convention, *_whose(said))
    usage = said.unknown_usage
    summing = kind in SUMMING_KINDS
    uncertain = as_it_came = False
    for field, value in said.fields.items():
        unit = _UNITS.get(field)
        if unit is None:
            continue
        name = said.names[field]
        count = value if type(value) is int and 0 <= value <= MAX_INT64 else count_from(value)
        if count is None or summing:
            said.attributes[name] = value
            continue
        usage[unit] = count
        uncertain = uncertain or name in UNCERTAIN_USAGE
        as_it_came = as_it_came or name.endswith(("prompt_tokens", "completion_tokens"))
    if summing:
        return {}, "unknown"
    if not usage or (uncertain and not scope_name.startswith(INCLUSIVE_SCOPES)):
        return usage, "unknown"
    return usage, convention_of("inclusive", *_whose(said)) if as_it_came else "inclusive"


def _whose(said: Mapped) -> tuple[str, str]:
    """Provider and model, as far as they were said."""
    return said.text("provider"), said.text("model") or said.text("model_requested")


def _cost_of(said: Mapped, kind: Kind) -> int | None:
    """What the sender says it cost. A wrapper's cost repeats that of its calls, as its usage does."""
    if "cost_json" in said.fields:
        costs = whole_fields_of(said.fields["cost_json"])
        if "total" in costs:
            return nanousd_from(costs["total"])
        parts = [nanousd for nanousd in map(nanousd_from, costs.values()) if nanousd is not None]
        return sum(parts) if parts else None
    if "cost_usd" not in said.fields:
        return None
    cost = nanousd_from(said.fields["cost_usd"])
    if cost is None or kind in SUMMING_KINDS:
        said.attributes[said.names["cost_usd"]] = said.fields["cost_usd"]
        return None
    return cost


def _outcome_of(span: OtlpSpan, said: Mapped) -> tuple[Status, str, str]:
    """(status, error type, error message)."""
    fields = said.fields
    level = unquoted(fields["level"]).upper() if "level" in fields else ""
    message = span.status_message or said.text("error_message")
    if "status_message" in fields:
        message = message or unquoted(fields["status_message"])
    if span.status_code != STATUS_ERROR and level != "ERROR":
        if level:
            said.attributes[said.names["level"]] = fields["level"]
        return "ok", said.text("error_type"), message
    error_type = said.text("error_type")
    return status_of_error(error_type), error_type, message


def status_of_error(error_type: str) -> Status:
    """The status that an error's type tells of: a timeout and a cancellation are not faults of the model."""
    lower = error_type.lower()
    if "timeout" in lower or "timed_out" in lower or "deadline" in lower:
        return "timeout"
    if "cancel" in lower or "abort" in lower:
        return "cancelled"
    return "error"


def _first_token_ms(said: Mapped, start_us: int) -> float | None:
    fields = said.fields
    if "time_to_first_token_ms" in fields:
        return number_from(fields["time_to_first_token_ms"])
    if "time_to_first_token_s" in fields:
        seconds = number_from(fields["time_to_first_token_s"])
        return None if seconds is None else seconds * 1000
    if "first_token_at" in fields:
        first_us = instant_us_from(unquoted(fields["first_token_at"]))
        return None if first_us is None or first_us < start_us else (first_us - start_us) / 1000
    return None


def _tier_of(said: Mapped) -> str:
    """The tier that the response names; what was asked for only when it says so, and not `auto`."""
    tier = said.text("service_tier")
    if tier:
        return tier
    requested = said.text("service_tier_requested")
    if requested in _HIDDEN_TIERS:
        return ""
    return requested


def _finish_reason_of(value: Any) -> str:
    """One reason, or those of several choices joined by commas."""
    reasons = parsed_json(value) if isinstance(value, str) and value[:1] in ('"', "[") else value
    if isinstance(reasons, list):
        return ",".join(dict.fromkeys(map(text_from, reasons)))
    return text_from(reasons)


def _with_system(said: Mapped) -> str:
    """The input with the system instructions, which came apart, before it."""
    system = parsed_json(said.fields["system"])
    parts = system if isinstance(system, list) else [{"type": "text", "content": text_from(system)}]
    messages = parsed_json(said.fields.get("input", []))
    if not isinstance(messages, list):
        messages = [{"role": "user", "content": messages}]
    return json_text([{"role": "system", "parts": parts}, *messages])


def _tags_of(value: Any) -> list[str]:
    tags = parsed_json(value)
    if isinstance(tags, list):
        return [text_from(tag) for tag in tags]
    return [text_from(tags)] if tags else []


def _metadata_of(said: Mapped, resource: Mapped) -> dict[str, str]:
    metadata = {**resource.metadata, **said.metadata} if resource.metadata or said.metadata else {}
    if "metadata" in said.fields:
        whole = parsed_json(said.fields["metadata"])
        if isinstance(whole, dict):
            metadata.update({key: text_from(value) for key, value in whole.items()})
        elif whole:
            metadata["metadata"] = text_from(whole)
    return metadata
