"""What a dialect is, and how a field is read from an object or a dict alike.

A dialect reads a provider's own objects (pydantic models of its client, or plain dicts of its JSON) into a
span. It runs on the encoder thread and must bear anything: fields that are absent, None or of new types.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from lynex._internal.record import SpanRecord


class StreamReader(Protocol):
    """Gathers the pieces of one streamed answer, cheaply, on the host's thread."""

    def feed(self, piece: Any) -> bool:
        """Take one piece; True when it carries output (text, reasoning or a tool call)."""

    def is_complete(self) -> bool:
        """Whether the provider said that the answer ended, though more pieces (usage) may follow."""

    def response(self) -> Any:
        """The answer so far, in the shape of the provider's plain (not streamed) answer."""


class Dialect(Protocol):
    """Reads one kind of call of one provider."""

    kind: str
    provider: str

    def read_request(self, span: SpanRecord, body: Any) -> None:
        """Put what was asked on the span. Never overwrites what the span already says."""

    def read_response(self, span: SpanRecord, response: Any) -> None:
        """Put what came back on the span. Never overwrites what the span already says."""

    def stream_reader(self) -> StreamReader:
        """A reader for one streamed answer."""


MAX_STREAM_CHARS = 1_000_000
"""Most characters of one streamed answer that are kept; the rest is counted by the provider, not by us."""


def get(source: Any, name: str) -> Any:
    """Field `name` of a dict or an object; None when there is none."""
    if isinstance(source, dict):
        return source.get(name)
    return getattr(source, name, None)


def text(source: Any, name: str) -> str:
    """As `get`, for a field that is text; "" for anything else."""
    value = get(source, name)
    return value if isinstance(value, str) else ""


def items(source: Any, name: str) -> list[Any]:
    """As `get`, for a field that is a list; empty for anything else."""
    value = get(source, name)
    return list(value) if isinstance(value, (list, tuple)) else []


def put_count(usage: dict[str, int], unit: str, value: Any) -> None:
    """Note a count that was said. None and absent are not zero, and True is not a count."""
    if isinstance(value, int) and not isinstance(value, bool):
        usage[unit] = value


def put_usage(span: SpanRecord, usage: dict[str, int], convention: str) -> None:
    """Give the span its usage, unless it has one already."""
    if usage and span.usage is None:
        span.usage = usage
        span.usage_convention = convention


def put_attribute(span: SpanRecord, key: str, value: Any) -> None:
    """Give the span an attribute, unless it is nothing or there already."""
    if value is None or value == "" or value == []:
        return
    if span.attributes is None:
        span.attributes = {}
    span.attributes.setdefault(key, value)


def put_parameters(span: SpanRecord, body: Any, names: Iterable[tuple[str, str]]) -> None:
    """Copy request parameters under their OpenTelemetry names."""
    for field, attribute in names:
        value = get(body, field)
        if isinstance(value, (str, int, float, bool, list)):
            put_attribute(span, attribute, value)


PARAMETERS = (
    ("temperature", "gen_ai.request.temperature"),
    ("top_p", "gen_ai.request.top_p"),
    ("top_k", "gen_ai.request.top_k"),
    ("max_tokens", "gen_ai.request.max_tokens"),
    ("max_completion_tokens", "gen_ai.request.max_tokens"),
    ("max_output_tokens", "gen_ai.request.max_tokens"),
    ("seed", "gen_ai.request.seed"),
    ("stop", "gen_ai.request.stop_sequences"),
    ("stop_sequences", "gen_ai.request.stop_sequences"),
    ("frequency_penalty", "gen_ai.request.frequency_penalty"),
    ("presence_penalty", "gen_ai.request.presence_penalty"),
    ("n", "gen_ai.request.choice.count"),
    ("stream", "gen_ai.request.stream"),
    ("reasoning_effort", "gen_ai.request.reasoning_effort"),
    ("dimensions", "gen_ai.embeddings.dimension.count"),
)
"""Request fields that are kept, with their OpenTelemetry GenAI attribute."""
