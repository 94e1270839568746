"""The columns of an export. Their names, order and types are a promise: new ones are added at the end."""

from collections.abc import Mapping
from typing import Any, Literal

from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.money import usd_from_nanousd

Row = Mapping[str, Any]

ExportType = Literal["text", "number", "count", "instant", "texts", "counts", "labels"]
"""`counts` and `labels` are maps from text to a count, to a text."""

EXPORT_TYPES: Mapping[str, ExportType] = {
    "start_time": "instant",
    "trace_id": "text",
    "span_id": "text",
    "parent_span_id": "text",
    "session_id": "text",
    "end_user_id": "text",
    "kind": "text",
    "name": "text",
    "route": "text",
    "environment": "text",
    "release": "text",
    "service": "text",
    "provider": "text",
    "model": "text",
    "model_requested": "text",
    "service_tier": "text",
    "status": "text",
    "error_type": "text",
    "error_message": "text",
    "finish_reason": "text",
    "duration_ms": "number",
    "time_to_first_token_ms": "number",
    "input_tokens": "count",
    "output_tokens": "count",
    "cache_read_tokens": "count",
    "cache_write_5m_tokens": "count",
    "cache_write_1h_tokens": "count",
    "reasoning_tokens": "count",
    "input_audio_tokens": "count",
    "output_audio_tokens": "count",
    "input_image_tokens": "count",
    "output_image_tokens": "count",
    "usage_other": "counts",
    "usage_flags": "texts",
    "cost_usd": "number",
    "cost_nanousd": "count",
    "cost_source": "text",
    "price_version": "text",
    "prompt_name": "text",
    "prompt_version": "text",
    "tags": "texts",
    "metadata": "labels",
    "source": "text",
    "received_at": "instant",
    "input": "text",
    "output": "text",
    "attributes": "text",
}

EXPORT_COLUMNS: tuple[str, ...] = tuple(EXPORT_TYPES)


def export_row(row: Row) -> dict[str, Any]:
    """A row of `span_shape.DETAIL_COLUMNS` with the values of every export column, in their order."""
    cost_nanousd = row["cost_nanousd"]
    values = {
        **row,
        "start_time": datetime_from_us(row["start_us"]),
        "received_at": datetime_from_us(row["received_us"]),
        "cost_usd": None if cost_nanousd is None else usd_from_nanousd(cost_nanousd),
    }
    return {name: values[name] for name in EXPORT_COLUMNS}
