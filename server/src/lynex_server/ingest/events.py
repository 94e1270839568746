"""Native events: JSON objects of the flat form (`ts`, `tokens_in`, `latency_ms` …) or of the full span."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

import msgspec

from lynex_server.ingest.decoded import Decoded, RejectedItem
from lynex_server.ingest.event_fields import (
    boolean,
    counts,
    identifier,
    instant,
    kind,
    milliseconds,
    money,
    name_of_provider,
    nano_money,
    one_count,
    open_object,
    plain_text,
    status,
    tag_list,
    text_map,
    usage_convention,
    written_text,
)
from lynex_server.ingest.otlp.envelope import too_many_items
from lynex_server.ingest.settings import IngestSettings
from lynex_server.ingest.usage import convention_of
from lynex_server.ingest.values import decode_mended
from lynex_server.kernel.errors import InvalidInput
from lynex_server.spans.public import SpanEvent

_DEFAULTS = IngestSettings.model_construct()
_LINE_TYPES: Final = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)

Reader = Callable[[Any], Any]
_READERS: Final[dict[str, tuple[str, Reader]]] = {
    # field of the event: (what it says, how it is read); of two that say the same, the later one wins
    "ts": ("start_time_us", instant),
    "start_time": ("start_time_us", instant),
    "start_time_us": ("start_time_us", instant),
    "end_time": ("end_time_us", instant),
    "trace_id": ("trace_id", identifier),
    "span_id": ("span_id", identifier),
    "parent_span_id": ("parent_span_id", identifier),
    "request_id": ("request_id", identifier),
    "project_id": ("project_id", plain_text),
    "session_id": ("session_id", plain_text),
    "user_id": ("end_user_id", plain_text),
    "end_user_id": ("end_user_id", plain_text),
    "kind": ("kind", kind),
    "name": ("name", plain_text),
    "route": ("route", plain_text),
    "environment": ("environment", plain_text),
    "release": ("release", plain_text),
    "service": ("service", plain_text),
    "provider": ("provider", name_of_provider),
    "model": ("model", plain_text),
    "model_requested": ("model_requested", plain_text),
    "service_tier": ("service_tier", plain_text),
    "region": ("region", plain_text),
    "latency_ms": ("duration_ms", milliseconds),
    "duration_ms": ("duration_ms", milliseconds),
    "time_to_first_token_ms": ("time_to_first_token_ms", milliseconds),
    "tokens_in": ("tokens_in", one_count),
    "tokens_out": ("tokens_out", one_count),
    "usage": ("usage", counts),
    "usage_convention": ("usage_convention", usage_convention),
    "usage_estimated": ("usage_estimated", boolean),
    "local_cache_hit": ("local_cache_hit", boolean),
    "cost_usd": ("cost_nanousd", money),
    "cost_nanousd": ("cost_nanousd", nano_money),
    "status": ("status", status),
    "error_type": ("error_type", plain_text),
    "error_message": ("error_message", plain_text),
    "finish_reason": ("finish_reason", plain_text),
    "prompt_name": ("prompt_name", plain_text),
    "prompt_version": ("prompt_version", plain_text),
    "input": ("input", written_text),
    "output": ("output", written_text),
    "tags": ("tags", tag_list),
    "metadata": ("metadata", text_map),
    "attributes": ("attributes", open_object),
    "source": ("source", plain_text),
}
_any_decoder = msgspec.json.Decoder()
_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])


class _Wrapped(msgspec.Struct):
    events: list[msgspec.Raw]


_wrapped_decoder = msgspec.json.Decoder(_Wrapped)


def decode_events(
    body: bytes,
    content_type: str = "application/json",
    settings: IngestSettings = _DEFAULTS,
    projects: Collection[str] | None = None,
) -> Decoded:
    """Every event of a request (decompressed): one object, a list, `{"events": [...]}`, or one per line.

    `projects` are the names an event's `project_id` may say; None allows any. An event that cannot be taken
    is a rejection whose reason names the field. Raises `InvalidInput` when the body as a whole cannot be
    read, `TooLarge` when it carries more events than `settings` allow.
    """
    items = _split(body, content_type)
    if len(items) > settings.max_items_per_batch:
        raise too_many_items()
    digest = hashlib.blake2b(body, digest_size=16).digest()
    decoded = Decoded()
    for index, item in enumerate(items):
        if len(item) > settings.max_item_bytes:
            decoded.reject(index, f"{len(item)} bytes: over LYNEX_MAX_ITEM_BYTES ({settings.max_item_bytes})")
            continue
        try:
            decoded.accept(index, _read_event(item, digest + index.to_bytes(4, "big"), projects))
        except RejectedItem as rejected:
            decoded.reject(index, str(rejected))
    return decoded


def _split(body: bytes, content_type: str) -> Sequence[bytes | msgspec.Raw]:
    """The events of the body, each still encoded, so that one that is broken can be judged alone."""
    media_type = content_type.split(";")[0].strip().lower()
    text = body.strip()
    if not text:
        raise InvalidInput("body: empty; an event, a list of events or one event per line expected")
    if media_type in _LINE_TYPES:
        return list(_lines(text))
    try:
        if text.startswith(b"["):
            return decode_mended(_list_decoder, text)
        if text.startswith(b"{"):
            return _split_object(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"body: not readable JSON: {error}") from error
    raise InvalidInput("body: a JSON object, a list of objects or one object per line expected")


def _split_object(text: bytes) -> Sequence[bytes | msgspec.Raw]:
    try:
        whole = decode_mended(_any_decoder, text)
    except msgspec.DecodeError:
        if b"\n" not in text:
            raise
        return list(_lines(text))
    if isinstance(whole.get("events"), list) and not whole.keys() & {"ts", "start_time", "start_time_us"}:
        return decode_mended(_wrapped_decoder, text).events
    return [text]


def _lines(text: bytes) -> Iterator[bytes]:
    return (line for line in text.splitlines() if line and not line.isspace())


def _read_event(item: bytes | msgspec.Raw, place: bytes, projects: Collection[str] | None) -> SpanEvent:
    try:
        said = decode_mended(_any_decoder, item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RejectedItem(f"not readable JSON: {error}") from error
    if not isinstance(said, dict):
        raise RejectedItem("an object expected")
    fields: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, value in said.items():
        reader = _READERS.get(name)
        if reader is None:
            unknown[name] = value
        elif value is not None and value != "":  # many clients write "" where they have nothing to say
            try:
                fields[reader[0]] = reader[1](value)
            except RejectedItem as rejected:
                raise RejectedItem(f"{name}: {rejected}") from None
    _check_project(fields.pop("project_id", ""), projects)
    _settle_ids(fields, bytes(item), place)
    _settle_times(fields)
    _settle_usage(fields)
    if unknown:
        fields["attributes"] = {**fields.get("attributes", {}), **open_object(unknown)}
    if "kind" not in fields:
        # The flat form has no kind: it tells of model calls. So does a span that names a model or usage.
        fields["kind"] = "llm" if "model" in fields or "usage" in fields or "ts" in said else "other"
    if "model" not in fields and "model_requested" in fields:
        fields["model"] = fields["model_requested"]
    return SpanEvent(**fields)


def _check_project(project: str, projects: Collection[str] | None) -> None:
    if project and projects is not None and project not in projects:
        raise RejectedItem(f"project_id: {project[:80]!r} is not the project of this API key")


def _settle_ids(fields: dict[str, Any], item: bytes, place: bytes) -> None:
    """Ids that were not said follow from the request id, else from the place in the body: a repeated request
    gets the same ones. Two different events of one request id share the trace but not the span."""
    request_id = fields.pop("request_id", "")
    if request_id:
        fields.setdefault("metadata", {}).setdefault("request_id", request_id)
    if "trace_id" not in fields:
        fields["trace_id"] = _digest(request_id.encode() or place, b"trace", 16)
    if "span_id" not in fields:
        fields["span_id"] = _digest(item if request_id else place, b"span", 8)


def _digest(of: bytes, person: bytes, size_bytes: int) -> str:
    return hashlib.blake2b(of, digest_size=size_bytes, person=person).hexdigest()


def _settle_times(fields: dict[str, Any]) -> None:
    end_us = fields.pop("end_time_us", None)
    if "start_time_us" not in fields:
        raise RejectedItem("ts: missing; say when it began, as ts or start_time")
    if end_us is not None:
        if end_us < fields["start_time_us"]:
            raise RejectedItem("end_time: before start_time")
        fields.setdefault("duration_ms", (end_us - fields["start_time_us"]) / 1000)


def _settle_usage(fields: dict[str, Any]) -> None:
    """`tokens_in` and `tokens_out` are short for two units of `usage`; an explicit convention wins."""
    usage, convention = fields.pop("usage", ({}, "unknown"))
    for short, unit in (("tokens_in", "input_tokens"), ("tokens_out", "output_tokens")):
        if short in fields:
            usage.setdefault(unit, fields.pop(short))
    if usage:
        fields["usage"] = usage
        model = fields.get("model") or fields.get("model_requested", "")
        fields.setdefault("usage_convention", convention_of(convention, fields.get("provider", ""), model))
