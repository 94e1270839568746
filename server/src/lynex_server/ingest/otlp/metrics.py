"""`ExportMetricsServiceRequest` to metric points: those that count tokens or money are kept."""

from collections.abc import Iterator
from typing import Any, Final, Literal

from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, NumberDataPoint

from lynex_server.ingest.decoded import Decoded, RejectedItem
from lynex_server.ingest.mapping import Mapped, map_attributes
from lynex_server.ingest.otlp import jsonform, protobuf
from lynex_server.ingest.otlp.encoding import is_json
from lynex_server.ingest.otlp.envelope import too_many_items
from lynex_server.ingest.otlp.neutral import Origin, OtlpPoint
from lynex_server.ingest.otlp.spans import read_resource
from lynex_server.ingest.settings import IngestSettings
from lynex_server.ingest.values import provider_from, text_from
from lynex_server.spans.public import MetricPoint

Temporality = Literal["delta", "cumulative", "gauge"]
_DEFAULTS = IngestSettings.model_construct()

KEPT: Final[tuple[str, ...]] = (
    "gen_ai.client.token.usage",
    "gen_ai.client.operation.",
    "gen_ai.client.inference.",
    "gen_ai.client.time_",
    "gen_ai.server.",
    "gen_ai.usage.",
    "llm.usage.",
    "llm.token",
    "llm.cost",
    "claude_code.token.usage",
    "claude_code.cost.usage",
    "codex.token",
    "codex.turn.token",
    "codex.cost",
)
"""Beginnings of the names of metrics that are kept."""

TOKEN_TYPES: Final[tuple[str, ...]] = (
    "gen_ai.token.type",
    "token.type",
    "token_type",
    "type",
    "llm.token.type",
)
_CUMULATIVE: Final = 2  # AggregationTemporality of opentelemetry/proto/metrics/v1/metrics.proto
_JSON_KINDS: Final = ("sum", "gauge", "histogram", "exponentialHistogram", "summary")


def decode_otlp_metrics(body: bytes, content_type: str, settings: IngestSettings = _DEFAULTS) -> Decoded:
    """Every data point of an OTLP request (decompressed) that counts tokens, calls or money of models.

    Other points are rejections. Raises `InvalidInput` when the request as a whole cannot be read, `TooLarge`
    when it carries more metrics, or more points, than `settings` allow.
    """
    limits = (settings.max_items_per_batch, settings.max_item_bytes)
    decoded = Decoded()
    reader = _PointReader()
    for index, item in enumerate(_points(body, is_json(content_type), limits)):
        if index >= settings.max_items_per_batch:
            raise too_many_items()
        if isinstance(item, RejectedItem):
            decoded.reject(index, str(item))
            continue
        try:
            decoded.accept_point(index, reader.read(item))
        except RejectedItem as rejected:
            decoded.reject(index, str(rejected))
    return decoded


def _points(body: bytes, json: bool, limits: tuple[int, int]) -> Iterator[OtlpPoint | RejectedItem]:
    if json:
        for parsed in jsonform.read_items(body, *limits, jsonform.parse_metric):
            if isinstance(parsed, RejectedItem):
                yield parsed
            else:
                yield from _json_points(*parsed)
        return
    for metric in protobuf.read_items(body, *limits, protobuf.parse_metric):
        if isinstance(metric, RejectedItem):
            yield metric
        else:
            yield from _protobuf_points(*metric)


class _PointReader:
    """Turns data points into ours; what a resource says is worked out once per resource."""

    def __init__(self) -> None:
        self._origin: Origin | None = None
        self._resource = Mapped()

    def read(self, point: OtlpPoint) -> MetricPoint:
        if not point.name.startswith(KEPT):
            raise RejectedItem(
                f"{point.name[:100]}: only metrics of tokens, model calls and their cost are kept"
            )
        if not point.time_ns:
            raise RejectedItem("time_unix_nano: missing")
        if point.origin is not self._origin:
            self._origin, self._resource = point.origin, read_resource(point.origin)
        resource = self._resource
        told = dict(point.attributes)
        token_type = next((text_from(told.pop(name)) for name in TOKEN_TYPES if name in told), "")
        model = text_from(told.pop("model", ""))
        said = map_attributes(told)
        attributes = {**said.attributes, **resource.attributes, **said.metadata}
        for field in said.fields.keys() - {
            "provider",
            "model",
            "model_requested",
            "session_id",
            "end_user_id",
        }:
            attributes[said.names[field]] = said.fields[field]
        if point.count is not None:
            attributes["count"] = point.count
        return MetricPoint(
            name=point.name,
            time_us=point.time_ns // 1000,
            value=point.value,
            unit=point.unit,
            service=said.text("service") or resource.text("service"),
            provider=provider_from(said.text("provider")) if "provider" in said.fields else "",
            model=said.text("model") or said.text("model_requested") or model,
            token_type=token_type,
            session_id=said.text("session_id"),
            end_user_id=said.text("end_user_id"),
            temporality=point.temporality,
            attributes=attributes,
        )


def _protobuf_points(metric: Metric, origin: Origin) -> Iterator[OtlpPoint | RejectedItem]:
    kind = metric.WhichOneof("data")
    if kind is None:
        yield RejectedItem("a metric without data")
        return
    data = getattr(metric, kind)
    temporality = _temporality(kind, getattr(data, "aggregation_temporality", 0))
    for point in data.data_points:
        plain = isinstance(point, NumberDataPoint)
        value = (
            (point.as_int if point.WhichOneof("value") == "as_int" else point.as_double)
            if plain
            else point.sum
        )
        try:
            attributes = protobuf.attributes_of(point.attributes)
        except RejectedItem as rejected:
            yield rejected
            continue
        yield OtlpPoint(
            origin=origin,
            name=metric.name,
            unit=metric.unit,
            time_ns=point.time_unix_nano,
            value=float(value),
            attributes=attributes,
            temporality=temporality,
            count=None if plain else point.count,
        )


def _json_points(metric: dict[str, Any], origin: Origin) -> Iterator[OtlpPoint | RejectedItem]:
    kind = next((kind for kind in _JSON_KINDS if isinstance(metric.get(kind), dict)), "")
    if not kind:
        yield RejectedItem("a metric without data")
        return
    data = metric[kind]
    try:
        name, unit = jsonform.text_of(metric, "name"), jsonform.text_of(metric, "unit")
        temporality = _temporality(kind, jsonform.integer_of(data, "aggregationTemporality"))
        points = jsonform.objects_of(data, "dataPoints")
    except RejectedItem as rejected:
        yield rejected
        return
    for point in points:
        try:
            yield OtlpPoint(
                origin=origin,
                name=name,
                unit=unit,
                time_ns=jsonform.integer_of(point, "timeUnixNano"),
                value=next(
                    (jsonform.number_of(point, key) for key in ("asInt", "asDouble", "sum") if key in point),
                    0.0,
                ),
                attributes=jsonform.attributes_of(point),
                temporality=temporality,
                count=jsonform.integer_of(point, "count") if "count" in point else None,
            )
        except RejectedItem as rejected:
            yield rejected


def _temporality(kind: str, number: int) -> Temporality:
    """Summaries have no temporality in the format: they are cumulative by definition."""
    if kind == "gauge":
        return "gauge"
    return "cumulative" if number == _CUMULATIVE or kind == "summary" else "delta"
