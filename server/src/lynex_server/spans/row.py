"""The stored span: one field per column of `spans`, in the order of the columns."""

from typing import Literal

import msgspec

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

_encoder = msgspec.msgpack.Encoder()
_ARRAY_HEADER_BYTES = 3  # MessagePack array16: one type byte, two bytes of length; there are over 15 columns


def encode_span_row(row: SpanRow) -> bytes:
    """The row's values one after another, as `Columnar.insert` wants them."""
    return _encoder.encode(row)[_ARRAY_HEADER_BYTES:]
