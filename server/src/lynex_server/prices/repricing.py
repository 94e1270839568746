"""One stored span priced again. Pure: a span and a price book in, a change or nothing out."""

from dataclasses import dataclass

import msgspec

from lynex_server.pricing.public import COST_FLAGS, PriceBook, Usage

STAYS = "local-cache-hit"
"""The version of what was answered from the caller's own cache: it cost nothing at any price."""
ESTIMATED = "usage_estimated"

CHANGE_COLUMNS = (
    "project_id",
    "repricing_id",
    "chunk",
    "span_key",
    "start_time",
    "trace_id",
    "span_id",
    "end_user_id",
    "api_key_id",
    "environment",
    "provider",
    "model",
    "route",
    "service",
    "kind",
    "status",
    "old_cost_nanousd",
    "old_cost_source",
    "old_price_version",
    "new_cost_nanousd",
    "new_cost_source",
    "new_price_version",
    "new_usage_flags",
)
_encoder = msgspec.msgpack.Encoder()
_ARRAY_HEADER_BYTES = 3  # MessagePack array16: one type byte, two bytes of length; there are over 15 columns


class PricedSpan(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a price depends on, and what a change of it must be booked under; fields as in the statement."""

    span_key: int
    start_us: int
    trace_id: str
    span_id: str
    end_user_id: str
    api_key_id: str
    environment: str
    provider: str
    model: str
    route: str
    service: str
    kind: str
    status: str
    service_tier: str
    region: str
    duration_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_5m_tokens: int | None
    cache_write_1h_tokens: int | None
    reasoning_tokens: int | None
    input_audio_tokens: int | None
    output_audio_tokens: int | None
    input_image_tokens: int | None
    output_image_tokens: int | None
    usage_other: dict[str, int]
    usage_flags: list[str]
    cost_nanousd: int | None
    cost_source: str
    price_version: str


@dataclass(frozen=True, slots=True)
class Change:
    """A span whose price is another one now."""

    span: PricedSpan
    cost_nanousd: int | None
    cost_source: str
    price_version: str
    usage_flags: tuple[str, ...]


_NOTHING = Usage()


def priced_again(span: PricedSpan, project_id: str, book: PriceBook) -> Change | None:
    """How the span's price differs from the stored one under today's book; `None` where it does not.

    A version alone that differs, at the same cost, is a change too: it says where the cost comes from.
    """
    usage = _usage_of(span)
    if usage == _NOTHING:
        return None  # nothing was said of what it used, and no price changes that
    cost = book.price(
        span.provider,
        span.model,
        span.service_tier,
        span.region,
        usage,
        span.start_us,
        project_id=project_id,
        duration_ms=span.duration_ms,
    )
    estimated = span.cost_source == "estimated" or ESTIMATED in span.usage_flags
    said = [flag for flag in span.usage_flags if flag not in COST_FLAGS and flag != ESTIMATED]
    flags = (*said, *cost.flags)
    if cost.nanousd is None:
        source, flags = "unpriced", (*flags, ESTIMATED) if estimated else flags
    else:
        source = "estimated" if estimated else "priced"
    before = (span.cost_nanousd, span.cost_source, span.price_version, tuple(span.usage_flags))
    if (cost.nanousd, source, cost.version, flags) == before:
        return None
    return Change(span, cost.nanousd, source, cost.version, flags)


def encode_change(change: Change, project_id: str, repricing_id: str, chunk: int) -> bytes:
    """The change as values one after another, in the order of `CHANGE_COLUMNS`."""
    span = change.span
    values = (
        project_id,
        repricing_id,
        chunk,
        span.span_key,
        span.start_us,
        span.trace_id,
        span.span_id,
        span.end_user_id,
        span.api_key_id,
        span.environment,
        span.provider,
        span.model,
        span.route,
        span.service,
        span.kind,
        span.status,
        span.cost_nanousd,
        span.cost_source,
        span.price_version,
        change.cost_nanousd,
        change.cost_source,
        change.price_version,
        change.usage_flags,
    )
    return _encoder.encode(values)[_ARRAY_HEADER_BYTES:]


def _usage_of(span: PricedSpan) -> Usage:
    return Usage(
        span.input_tokens,
        span.output_tokens,
        span.cache_read_tokens,
        span.cache_write_5m_tokens,
        span.cache_write_1h_tokens,
        span.reasoning_tokens,
        span.input_audio_tokens,
        span.output_audio_tokens,
        span.input_image_tokens,
        span.output_image_tokens,
        span.usage_other,
    )
