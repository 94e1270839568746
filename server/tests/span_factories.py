"""Events, batches and rows with sensible defaults."""

from typing import Any

from clocks import NOON_US

from lynex_server.pricing.public import PriceBook
from lynex_server.processing.rows import span_row
from lynex_server.spans.public import EventBatch, SpanEvent, SpanRow

PROJECT = "prj_a"
BOOK = PriceBook()


def an_event(number: int = 1, **changes: Any) -> SpanEvent:
    """A priced call of gpt-4o: 1,000 tokens in, 100 out."""
    values: dict[str, Any] = {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "start_time_us": NOON_US,
        "duration_ms": 120.0,
        "kind": "llm",
        "name": "chat",
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "usage": {"input_tokens": 1000, "output_tokens": 100},
        "usage_convention": "inclusive",
        "route": "/chat",
        "environment": "production",
        "end_user_id": "ann",
    }
    return SpanEvent(**{**values, **changes})


def a_batch(*events: SpanEvent, project_id: str = PROJECT, **changes: Any) -> EventBatch:
    """What one request carried."""
    values: dict[str, Any] = {"api_key_id": "key_1", "received_at_us": NOON_US}
    return EventBatch(project_id=project_id, spans=list(events), **{**values, **changes})


def a_row(number: int = 1, **changes: Any) -> SpanRow:
    """The row that `an_event` becomes."""
    event = an_event(number, **changes)
    return span_row(event, a_batch(event), "batch-1", BOOK)
