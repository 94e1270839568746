"""Metric points as rows of `metric_points`."""

import msgspec

from lynex_server.spans.public import EventBatch, MetricPoint

POINT_COLUMNS = (
    "project_id",
    "name",
    "time",
    "value",
    "unit",
    "temporality",
    "service",
    "provider",
    "model",
    "token_type",
    "session_id",
    "end_user_id",
    "attributes",
    "received_at",
    "batch_id",
)

_encoder = msgspec.msgpack.Encoder()
_attributes_encoder = msgspec.json.Encoder()


def encode_point(point: MetricPoint, batch: EventBatch, batch_id: str) -> bytes:
    """The point's values one after another in the order of `POINT_COLUMNS`."""
    values: tuple[str | int | float, ...] = (
        batch.project_id,
        point.name,
        point.time_us,
        point.value,
        point.unit,
        point.temporality,
        point.service,
        point.provider,
        point.model,
        point.token_type,
        point.session_id,
        point.end_user_id,
        _attributes_encoder.encode(point.attributes).decode() if point.attributes else "",
        batch.received_at_us,
        batch_id,
    )
    return b"".join([_encoder.encode(value) for value in values])
