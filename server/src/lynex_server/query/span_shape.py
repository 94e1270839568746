"""The columns of a span that lists read, and their shape on the wire."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.money import usd_from_nanousd
from lynex_server.query.schemas import SpanDetail, SpanSummary, TraceNode, Usage
from lynex_server.query.tree import Place
from lynex_server.spans.public import SPAN_COLUMNS, USAGE_UNITS, SpanRow

TEXT_COLUMNS = ("input", "output", "attributes")
"""What only a single span or an export reads: it outweighs everything else a hundredfold."""

_INSTANTS = {"start_time": "start_us", "received_at": "received_us"}
_UNSHOWN = {"project_id", "api_key_id", "batch_id", *TEXT_COLUMNS}


def _selected(column: str) -> str:
    if column in _INSTANTS:
        return f"toUnixTimestamp64Micro({column}) AS {_INSTANTS[column]}"
    return column


SUMMARY_COLUMNS: tuple[str, ...] = tuple(_selected(name) for name in SPAN_COLUMNS if name not in _UNSHOWN)
DETAIL_COLUMNS: tuple[str, ...] = (*SUMMARY_COLUMNS, *TEXT_COLUMNS)

_AS_STORED = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "session_id",
    "end_user_id",
    "duration_ms",
    "time_to_first_token_ms",
    "kind",
    "name",
    "route",
    "environment",
    "release",
    "service",
    "provider",
    "model",
    "model_requested",
    "service_tier",
    "cost_nanousd",
    "cost_source",
    "price_version",
    "status",
    "error_type",
    "error_message",
    "finish_reason",
    "prompt_name",
    "prompt_version",
    "tags",
    "metadata",
    "source",
)

Row = Mapping[str, Any]


def span_summary(row: Row) -> SpanSummary:
    """A row of `SUMMARY_COLUMNS`."""
    return SpanSummary(**_summary_fields(row))


def stored_summary(row: SpanRow) -> SpanSummary:
    """A span as live news carries it."""
    fields = msgspec.structs.asdict(row)
    return span_summary({**fields, "start_us": row.start_time, "received_us": row.received_at})


def span_detail(row: Row) -> SpanDetail:
    """A row of `DETAIL_COLUMNS`."""
    return SpanDetail(
        **_summary_fields(row),
        input=row["input"],
        output=row["output"],
        attributes=_attributes(row["attributes"]),
    )


def trace_node(row: Row, place: Place) -> TraceNode:
    """A row of `SUMMARY_COLUMNS` at its place in the tree."""
    return TraceNode(
        **_summary_fields(row), depth=place.depth, child_count=place.child_count, orphan=place.orphan
    )


def _summary_fields(row: Row) -> dict[str, Any]:
    cost_nanousd = row["cost_nanousd"]
    return {
        **{name: row[name] for name in _AS_STORED},
        "start_time": datetime_from_us(row["start_us"]),
        "received_at": datetime_from_us(row["received_us"]),
        "cost_usd": None if cost_nanousd is None else usd_from_nanousd(cost_nanousd),
        "usage": Usage(
            **{unit: row[unit] for unit in USAGE_UNITS}, other=row["usage_other"], flags=row["usage_flags"]
        ),
    }


def _attributes(text: str) -> dict[str, Any]:
    """The attributes as an object; what is not a JSON object is shown as text rather than hidden."""
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return {"text": text}
    return value if isinstance(value, dict) else {"value": value}
