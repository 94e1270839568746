"""What a span holds while it is open and until it is encoded: plain slots, no behaviour.

The host's thread fills it and hands it over; the encoder thread reads it. `request` and `response` are
kept as the provider's objects and read late, by the dialect, off the host's thread.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lynex._internal.context import NOTHING, Ambient

if TYPE_CHECKING:
    from lynex._internal.dialects.dialect import Dialect


class SpanRecord:
    """One unit of work. Times are epoch nanoseconds, durations milliseconds; "" and None mean not said."""

    __slots__ = (
        "__weakref__",
        "ambient",
        "attributes",
        "client_inside",
        "cost",
        "dialect",
        "drop_output",
        "duration_ms",
        "error_message",
        "error_type",
        "finish_reason",
        "inner_cost",
        "input",
        "kind",
        "metadata",
        "model",
        "model_requested",
        "name",
        "output",
        "parent_span_id",
        "prompt_name",
        "prompt_version",
        "provider",
        "request",
        "response",
        "route",
        "sampled",
        "service_tier",
        "span_id",
        "start_ns",
        "status",
        "tags",
        "time_to_first_token_ms",
        "trace_id",
        "usage",
        "usage_convention",
        "usage_estimated",
    )

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.trace_id = ""
        self.span_id = ""
        self.parent_span_id = ""
        self.sampled = True
        self.start_ns = 0
        self.duration_ms: float | None = None
        self.time_to_first_token_ms: float | None = None
        self.ambient: Ambient = NOTHING
        self.route = ""
        self.provider = ""
        self.model = ""
        self.model_requested = ""
        self.service_tier = ""
        self.usage: dict[str, int] | None = None
        self.usage_convention = ""
        self.usage_estimated = False
        self.cost: Decimal | None = None
        self.inner_cost: Decimal | None = None
        self.status = "ok"
        self.error_type = ""
        self.error_message = ""
        self.finish_reason = ""
        self.prompt_name = ""
        self.prompt_version = ""
        self.input: Any = None
        self.output: Any = None
        self.tags: list[str] | None = None
        self.metadata: dict[str, Any] | None = None
        self.attributes: dict[str, Any] | None = None
        self.dialect: Dialect | None = None
        self.request: Any = None
        self.response: Any = None
        self.client_inside = False
        self.drop_output = False
