"""Tries rules on a sample: what would be stored of it, and which rule found what. Nothing is stored."""

from collections import Counter
from typing import Any

import msgspec
from pydantic import Field

from lynex_server.ingest.redaction.redactor import Redactor
from lynex_server.ingest.redaction.rules import RedactionSettings
from lynex_server.kernel.wire import Wire
from lynex_server.spans.public import SpanEvent

MAX_SAMPLE_CHARS = 100_000


class Sample(Wire):
    """The parts of a span that redaction looks at. `input` and `output` may be any JSON."""

    input: Any = Field(default="", examples=["Write to jane@example.com about ORD-123456"])
    output: Any = ""
    name: str = ""
    error_message: str = ""
    environment: str = Field(default="", description="Decides where content is stored in some only.")
    tags: list[str] = Field(default=[])
    metadata: dict[str, str] = Field(default={})
    attributes: dict[str, Any] = Field(default={})


class RedactionHit(Wire):
    """Finds of one rule in one field."""

    rule: str = Field(
        description="A pattern's name; `field` for a telling key, `path` for a named place, `content` for "
        "what is not stored at all.",
        examples=["email"],
    )
    where: str = Field(description="The field of the span.", examples=["input"])
    count: int = Field(description="How often.", examples=[1])


class Tried(Wire):
    """What would be stored of the sample, and why. Structured input and output are told as stored: JSON
    text."""

    sample: Sample
    hits: list[RedactionHit]


def tried(settings: RedactionSettings, sample: Sample) -> Tried:
    """Apply `settings` to `sample`."""
    span = SpanEvent(
        trace_id="",
        span_id="",
        start_time_us=0,
        input=_as_stored(sample.input),
        output=_as_stored(sample.output),
        name=sample.name,
        error_message=sample.error_message,
        environment=sample.environment,
        tags=list(sample.tags),
        metadata=dict(sample.metadata),
        attributes=msgspec.json.decode(
            msgspec.json.encode(sample.attributes)
        ),  # a copy: it is changed in place
    )
    found: Counter[tuple[str, str]] = Counter()

    def tell(rule: str, where: str) -> None:
        found[rule, where] += 1

    Redactor(settings).redact_span(span, tell)
    left = {name: getattr(span, name) for name in Sample.model_fields}
    hits = [RedactionHit(rule=rule, where=where, count=count) for (rule, where), count in found.items()]
    return Tried(sample=Sample(**left), hits=hits)


def _as_stored(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
