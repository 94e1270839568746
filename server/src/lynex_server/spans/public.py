"""The door of `spans`: the event, the stored row, their codecs and the table they live in."""

from lynex_server.spans.codec import decode_batch, encode_batch
from lynex_server.spans.event import (
    USAGE_UNITS,
    EventBatch,
    Kind,
    MetricPoint,
    SpanEvent,
    Status,
    UsageConvention,
)
from lynex_server.spans.live import StoredNews, decode_news, encode_news, live_channel
from lynex_server.spans.row import SPAN_COLUMNS, CostSource, SpanRow, span_columns
from lynex_server.spans.schema import spans_migrations

__all__ = [
    "SPAN_COLUMNS",
    "USAGE_UNITS",
    "CostSource",
    "EventBatch",
    "Kind",
    "MetricPoint",
    "SpanEvent",
    "SpanRow",
    "Status",
    "StoredNews",
    "UsageConvention",
    "decode_batch",
    "decode_news",
    "encode_batch",
    "encode_news",
    "live_channel",
    "span_columns",
    "spans_migrations",
]
