"""Stored spans with sensible defaults, and an engine that remembers what it was asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from clocks import NOON_US

from lynex_server.engines.columnar.protocol import Columnar, Params, QueryLimits, Rows
from lynex_server.kernel.ids import new_id
from lynex_server.spans.public import SPAN_COLUMNS, SpanRow, span_columns

SECOND_US = 1_000_000

_DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(SPAN_COLUMNS, ""),
    "project_id": "prj_a",
    "trace_id": "trace-1",
    "span_id": "span-1",
    "start_time": NOON_US - 3600 * SECOND_US,
    "duration_ms": 100.0,
    "time_to_first_token_ms": None,
    "kind": "llm",
    "name": "chat",
    "environment": "production",
    "provider": "openai",
    "model": "gpt-4o",
    "input_tokens": 1000,
    "output_tokens": 100,
    "cache_read_tokens": None,
    "cache_write_5m_tokens": None,
    "cache_write_1h_tokens": None,
    "reasoning_tokens": None,
    "input_audio_tokens": None,
    "output_audio_tokens": None,
    "input_image_tokens": None,
    "output_image_tokens": None,
    "usage_other": {},
    "usage_flags": [],
    "cost_nanousd": 3_500_000,
    "cost_source": "priced",
    "status": "ok",
    "tags": [],
    "metadata": {},
    "attributes": "{}",
    "source": "sdk",
    "received_at": NOON_US,
}


def a_span(**changes: Any) -> SpanRow:
    """A call of gpt-4o an hour before noon: 1,000 tokens in, 100 out, 0.1 s."""
    return SpanRow(**{**_DEFAULTS, **changes})


def store(columnar: Columnar, rows: Sequence[SpanRow]) -> None:
    """Insert as one batch."""
    columnar.insert_columns("spans", span_columns(rows), new_id("batch"))


class RememberingColumnar:
    """A columnar engine that remembers the statements it was asked."""

    def __init__(self, inner: Columnar) -> None:
        self._inner = inner
        self.asked: list[str] = []
        self.insert_columns = inner.insert_columns
        self.command = inner.command
        self.ddl_words = inner.ddl_words
        self.close = inner.close

    def query(self, sql: str, params: Params | None = None, limits: QueryLimits | None = None) -> Rows:
        self.asked.append(sql)
        return self._inner.query(sql, params, limits)


def by_key(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The rows of a breakdown by their keys."""
    return {row["key"]: row for row in rows}
