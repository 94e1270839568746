"""An event becomes the row that is stored: usage normalised, cost decided. Pure: values in, values out."""

import dataclasses

import msgspec

from lynex_server.pricing.public import LOCAL_CACHE_HIT, PriceBook, Usage, normalise_usage
from lynex_server.spans.public import CostSource, EventBatch, SpanEvent, SpanRow

SUMMARISING_KINDS = frozenset({"agent", "chain"})
"""Spans of these kinds repeat what the calls below them used; counting both would count it twice."""

CALL_KINDS = frozenset({"llm", "embedding"})

COUNTED_BY = "lynex.counted_by"
"""The attribute of a span whose call another one counts: who that is, `gateway` or `application`."""

MAX_COUNT = 10**15
"""Of one unit in one span; more is a mistake of the sender, and sums of it would not fit their column."""

_NOTHING = Usage()
_ESTIMATED = ("usage_estimated",)
"""Told of an unpriced span, so that a later price knows that it is an estimate."""
_attributes_encoder = msgspec.json.Encoder()

Priced = tuple[Usage, int | None, CostSource, str]


def span_row(event: SpanEvent, batch: EventBatch, batch_id: str, book: PriceBook) -> SpanRow:
    """The row of `event`, which came in `batch` and is stored as part of `batch_id`."""
    usage, cost_nanousd, cost_source, price_version = price_event(event, book, batch.project_id)
    return SpanRow(
        project_id=batch.project_id,
        trace_id=event.trace_id,
        span_id=event.span_id,
        parent_span_id=event.parent_span_id,
        session_id=event.session_id,
        end_user_id=event.end_user_id,
        start_time=event.start_time_us,
        duration_ms=event.duration_ms,
        time_to_first_token_ms=event.time_to_first_token_ms,
        kind=event.kind,
        name=event.name,
        route=event.route,
        environment=event.environment,
        release=event.release,
        service=event.service,
        provider=event.provider,
        model=event.model or event.model_requested,
        model_requested=event.model_requested,
        service_tier=event.service_tier,
        region=event.region,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_5m_tokens=usage.cache_write_5m_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        output_audio_tokens=usage.output_audio_tokens,
        input_image_tokens=usage.input_image_tokens,
        output_image_tokens=usage.output_image_tokens,
        usage_other=dict(usage.other),
        usage_flags=list(usage.flags),
        cost_nanousd=cost_nanousd,
        cost_source=cost_source,
        price_version=price_version,
        status=event.status,
        error_type=event.error_type,
        error_message=event.error_message,
        finish_reason=event.finish_reason,
        prompt_name=event.prompt_name,
        prompt_version=event.prompt_version,
        input=event.input,
        output=event.output,
        tags=event.tags,
        metadata=event.metadata,
        attributes=_attributes_encoder.encode(event.attributes).decode() if event.attributes else "",
        source=event.source,
        api_key_id=batch.api_key_id,
        received_at=batch.received_at_us,
        batch_id=batch_id,
    )


def price_event(event: SpanEvent, book: PriceBook, project_id: str = "") -> Priced:
    """Usage, cost, where the cost comes from, and the version of the price.

    A cost that the source reports wins over ours. A model call whose price or usage is unknown is
    `unpriced` with no cost at all: never free. Raises `ValueError` for amounts that no call can have.
    """
    _check_amounts(event)
    if event.kind in SUMMARISING_KINDS:
        return _uncounted(event), None, "none", ""
    model = event.model or event.model_requested
    usage = (
        normalise_usage(event.provider, model, event.usage, event.usage_convention)
        if event.usage
        else _NOTHING
    )
    if event.local_cache_hit:
        flagged = _flagged(usage, "local_cache_hit")
        return flagged, LOCAL_CACHE_HIT.nanousd, "priced", LOCAL_CACHE_HIT.version
    if event.cost_nanousd is not None:
        return usage, event.cost_nanousd, "reported", ""
    if not event.usage:
        return _without_usage(event, usage)
    cost = book.price(
        event.provider,
        model,
        event.service_tier,
        event.region,
        usage,
        event.start_time_us,
        project_id=project_id,
        duration_ms=event.duration_ms,
    )
    usage = _flagged(usage, *cost.flags)
    if cost.nanousd is None:
        said = _ESTIMATED if event.usage_estimated else ()
        return _flagged(usage, *said), None, "unpriced", cost.version
    return usage, cost.nanousd, "estimated" if event.usage_estimated else "priced", cost.version


def _check_amounts(event: SpanEvent) -> None:
    if event.usage and max(event.usage.values()) > MAX_COUNT:
        raise ValueError(f"usage: a count over {MAX_COUNT}")
    if event.cost_nanousd is not None and abs(event.cost_nanousd) > MAX_COUNT:
        raise ValueError(f"cost: over {MAX_COUNT} nano-dollars")


def _without_usage(event: SpanEvent, usage: Usage) -> Priced:
    if event.kind in CALL_KINDS and event.status == "ok":
        return _flagged(usage, "usage_missing"), None, "unpriced", ""
    return usage, None, "none", ""  # it failed before it used anything, or is no model call


def _uncounted(event: SpanEvent) -> Usage:
    if not event.usage:
        return _NOTHING
    repeated = {f"repeated_{unit}": count for unit, count in event.usage.items()}
    flag = "counted_elsewhere" if COUNTED_BY in event.attributes else "counted_in_children"
    return Usage(other=repeated, flags=(flag,))


def _flagged(usage: Usage, *flags: str) -> Usage:
    return dataclasses.replace(usage, flags=(*usage.flags, *flags)) if flags else usage
