"""Reading golden cases and saying how what was decoded differs from what it must become."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lynex_server.ingest.public import (
    Decoded,
    decode_otlp_logs,
    decode_otlp_metrics,
    decode_otlp_traces,
)
from lynex_server.pricing.public import normalise_usage
from lynex_server.spans.public import USAGE_UNITS, MetricPoint, SpanEvent

GOLDEN = Path(__file__).resolve().parents[3] / "contract" / "golden"
_DECODERS = {"traces": decode_otlp_traces, "logs": decode_otlp_logs, "metrics": decode_otlp_metrics}
# What an expected span says about the provider's answer rather than about a field of the span.
_NOT_FIELDS = ("answer", "not_sent", "client_misreports")


@dataclass(frozen=True, slots=True)
class Case:
    """One folder of `contract/golden/`."""

    name: str
    body: bytes = field(repr=False)
    meta: Mapping[str, Any] = field(repr=False)
    expected: Mapping[str, Any] = field(repr=False)

    def decoded(self) -> Decoded:
        """What the product makes of the request."""
        signal = self.meta["path"].rpartition("/")[2]
        return _DECODERS[signal](self.body, self.meta["content_type"])


def case_names() -> list[str]:
    """Every case, by folder name."""
    return sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())


def load_case(name: str) -> Case:
    """Read one case. Raises FileNotFoundError when a part of it is missing."""
    folder = GOLDEN / name
    meta, expected = (json.loads((folder / part).read_text()) for part in ("meta.json", "expected.json"))
    return Case(name, (folder / "request.bin").read_bytes(), meta, expected)


def normalised(span: SpanEvent) -> dict[str, int]:
    """The span's usage as it is stored: units with a column of their own, those that were said."""
    usage = normalise_usage(span.provider, span.model, span.usage, span.usage_convention)
    counts = {unit: getattr(usage, unit) for unit in USAGE_UNITS}
    return {unit: count for unit, count in counts.items() if count is not None}


def span_differences(expected: Mapping[str, Any], spans: list[SpanEvent], place: int) -> Iterator[str]:
    """One line per way in which the span at `place` is not what was expected."""
    span = spans[place]
    where = f"span {place} ({span.name!r})"
    for said, wanted in expected.items():
        if said in _NOT_FIELDS:
            continue
        for problem in _differences(span, said, wanted, spans):
            yield f"{where}: {problem}"


def _differences(span: SpanEvent, name: str, wanted: Any, spans: list[SpanEvent]) -> Iterator[str]:
    if name == "usage":
        found = normalised(span)
        if found != wanted:
            yield f"usage is {found}, expected {wanted} (reported {span.usage}, {span.usage_convention})"
    elif name == "parent":
        parent_id = "" if wanted is None else spans[wanted].span_id
        if span.parent_span_id != parent_id:
            yield f"parent is {span.parent_span_id!r}, expected {parent_id!r} (span {wanted})"
    elif name.endswith("_contains"):
        said = name.removesuffix("_contains")
        text = span.error_type + span.error_message if said == "error" else getattr(span, said)
        missing = [part for part in wanted if part not in text]
        if missing:
            yield f"{said} lacks {missing}; it is {text[:200]!r}"
    elif name == "metadata":
        found = {key: span.metadata.get(key) for key in wanted}
        if found != wanted:
            yield f"metadata has {found}, expected {wanted}"
    elif name == "time_to_first_token":
        if not span.time_to_first_token_ms or not 0 < span.time_to_first_token_ms < 60_000:
            yield f"time_to_first_token_ms is {span.time_to_first_token_ms}, expected a plausible one"
    elif getattr(span, name) != wanted:
        yield f"{name} is {getattr(span, name)!r}, expected {wanted!r}"


def point_differences(expected: Mapping[str, Any], points: list[MetricPoint]) -> Iterator[str]:
    """A line unless exactly one of the points says all that was expected."""
    alike = [point for point in points if all(getattr(point, key) == said for key, said in expected.items())]
    if len(alike) != 1:
        near = [point for point in points if point.name == expected["name"]]
        said = [{key: getattr(point, key) for key in expected} for point in near]
        yield f"{len(alike)} points are {dict(expected)}; of that name there are: {said}"
