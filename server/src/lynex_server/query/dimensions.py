"""The closed lists from which every identifier in a statement comes: tables, columns, dimensions."""

from typing import Literal, get_args

RollupDimension = Literal["environment", "provider", "model", "route", "service", "kind", "status"]
"""What the rollups keep apart: filters and groups by these alone are answered from a rollup."""

Dimension = Literal[
    "environment",
    "provider",
    "model",
    "route",
    "service",
    "kind",
    "status",
    "end_user",
    "session",
    "release",
    "source",
    "cost_source",
    "prompt_name",
    "prompt_version",
    "model_requested",
    "service_tier",
    "name",
    "error_type",
    "finish_reason",
    "tag",
]
"""What a breakdown can be made by."""

SortKey = Literal["cost", "calls", "errors", "tokens", "unpriced"]
"""What the rows of a breakdown can be ordered by."""

ROLLUP_DIMENSIONS: frozenset[str] = frozenset(get_args(RollupDimension))

DIMENSION_EXPRESSIONS: dict[str, str] = {
    **{name: name for name in get_args(Dimension)},
    "end_user": "end_user_id",
    "session": "session_id",
    "tag": "arrayJoin(tags)",
}
"""A dimension's expression over the columns of `spans`."""

EQUALITY_COLUMNS: tuple[str, ...] = (
    "environment",
    "provider",
    "model",
    "route",
    "service",
    "kind",
    "status",
    "end_user_id",
    "session_id",
    "trace_id",
    "release",
    "source",
    "cost_source",
    "error_type",
    "prompt_name",
)
"""Columns that a filter may compare with given values."""

CALL_KINDS: tuple[str, ...] = ("llm", "embedding")
"""The kinds that are model calls."""

ERROR_STATUSES: tuple[str, ...] = ("error", "timeout")
"""The statuses counted as errors; the same as in the rollups' views."""
