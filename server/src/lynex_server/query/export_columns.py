"""The columns of an export. Their names, order and types are a promise: new ones are added at the end."""

from collections.abc import Mapping
from typing import Any

import pyarrow

from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.money import usd_from_nanousd

Row = Mapping[str, Any]

pa: Any = pyarrow  # it ships no type information

_INSTANT = pa.timestamp("us", tz="UTC")
_COUNTS = pa.map_(pa.string(), pa.int64())
_LABELS = pa.map_(pa.string(), pa.string())
_TEXTS = pa.list_(pa.string())

EXPORT_SCHEMA = pa.schema(
    [
        ("start_time", _INSTANT),
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("parent_span_id", pa.string()),
        ("session_id", pa.string()),
        ("end_user_id", pa.string()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("route", pa.string()),
        ("environment", pa.string()),
        ("release", pa.string()),
        ("service", pa.string()),
        ("provider", pa.string()),
        ("model", pa.string()),
        ("model_requested", pa.string()),
        ("service_tier", pa.string()),
        ("status", pa.string()),
        ("error_type", pa.string()),
        ("error_message", pa.string()),
        ("finish_reason", pa.string()),
        ("duration_ms", pa.float64()),
        ("time_to_first_token_ms", pa.float64()),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        ("cache_read_tokens", pa.int64()),
        ("cache_write_5m_tokens", pa.int64()),
        ("cache_write_1h_tokens", pa.int64()),
        ("reasoning_tokens", pa.int64()),
        ("input_audio_tokens", pa.int64()),
        ("output_audio_tokens", pa.int64()),
        ("input_image_tokens", pa.int64()),
        ("output_image_tokens", pa.int64()),
        ("usage_other", _COUNTS),
        ("usage_flags", _TEXTS),
        ("cost_usd", pa.float64()),
        ("cost_nanousd", pa.int64()),
        ("cost_source", pa.string()),
        ("price_version", pa.string()),
        ("prompt_name", pa.string()),
        ("prompt_version", pa.string()),
        ("tags", _TEXTS),
        ("metadata", _LABELS),
        ("source", pa.string()),
        ("received_at", _INSTANT),
        ("input", pa.string()),
        ("output", pa.string()),
        ("attributes", pa.string()),
    ]
)

EXPORT_COLUMNS: tuple[str, ...] = tuple(EXPORT_SCHEMA.names)


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
