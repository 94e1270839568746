"""The stored span: one field per column of `spans`, in the order of the columns."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_type_hints

import msgspec

from lynex_server.engines.columnar.protocol import Column, ColumnType

CostSource = Literal["reported", "priced", "estimated", "unpriced", "none"]
"""Where a cost comes from. `estimated`: priced from estimated usage. `unpriced`: a model call whose price is
unknown (its cost is NULL, never 0). `none`: a span that consumes nothing that is priced (a tool, a chain)."""


class SpanRow(msgspec.Struct, array_like=True, kw_only=True):
    """A span as stored. Token counts are NULL where nothing was said; `input_tokens` includes cache reads
    and writes, `output_tokens` includes reasoning, whatever the source's convention was."""

    project_id: str
    trace_id: str
    span_id: str
    parent_span_id: str
    session_id: str
    end_user_id: str
    start_time: int
    duration_ms: float | None
    time_to_first_token_ms: float | None
    kind: str
    name: str
    route: str
    environment: str
    release: str
    service: str
    provider: str
    model: str
    model_requested: str
    service_tier: str
    region: str = ""
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
    cost_source: CostSource
    price_version: str
    status: str
    error_type: str
    error_message: str
    finish_reason: str
    prompt_name: str
    prompt_version: str
    input: str
    output: str
    tags: list[str]
    metadata: dict[str, str]
    attributes: str
    source: str
    api_key_id: str
    received_at: int
    batch_id: str


SPAN_COLUMNS: tuple[str, ...] = SpanRow.__struct_fields__

_TYPES: Mapping[Any, ColumnType] = {
    str: "String",
    CostSource: "String",
    int: "Int64",
    int | None: "Nullable(Int64)",
    float | None: "Nullable(Float64)",
    list[str]: "Array(String)",
    dict[str, str]: "Map(String, String)",
    dict[str, int]: "Map(String, Int64)",
}
_INSTANTS = ("start_time", "received_at")
_COLUMN_TYPES: tuple[tuple[str, ColumnType], ...] = tuple(
    (name, "DateTime64(6, 'UTC')" if name in _INSTANTS else _TYPES[said])
    for name, said in get_type_hints(SpanRow).items()
)


def span_columns(rows: Sequence[SpanRow]) -> list[Column]:
    """The rows as `Columnar.insert_columns` wants them."""
    values = zip(*map(msgspec.structs.astuple, rows), strict=True)
    return [Column(name, said, each) for (name, said), each in zip(_COLUMN_TYPES, values, strict=False)]
