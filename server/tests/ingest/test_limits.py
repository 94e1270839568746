"""Bounds of a single item."""

from typing import Any

import pytest

from lynex_server.ingest.decoded import RejectedItem
from lynex_server.ingest.limits import Limits
from lynex_server.ingest.public import IngestSettings
from lynex_server.spans.public import MetricPoint, SpanEvent

NOON_US = 1_767_614_400_000_000
DAY_US = 86_400_000_000


def a_span(**changed: Any) -> SpanEvent:
    """A span that began now."""
    return SpanEvent(**{"trace_id": "t", "span_id": "s", "start_time_us": NOON_US, **changed})


def check(span: SpanEvent, **settings: Any) -> None:
    """Judge the span at noon."""
    Limits(IngestSettings(**settings), NOON_US).check_span(span)


@pytest.mark.parametrize("offset_us", [0, -3650 * DAY_US, DAY_US])
def test_a_start_within_ten_years_and_a_day_is_fine(offset_us: int) -> None:
    check(a_span(start_time_us=NOON_US + offset_us))


@pytest.mark.parametrize(
    ("changed", "settings", "named"),
    [
        ({"start_time_us": NOON_US - 3650 * DAY_US - 1}, {}, "start_time: .*LYNEX_MAX_AGE_DAYS"),
        ({"start_time_us": NOON_US + DAY_US + 1}, {}, "start_time: .*LYNEX_MAX_FUTURE_S"),
        ({"start_time_us": -1}, {}, "start_time"),
        ({"duration_ms": -0.1}, {}, "duration_ms"),
        ({"duration_ms": 1e12}, {}, "duration_ms"),
        ({"duration_ms": float("nan")}, {}, "duration_ms"),
        ({"name": "n" * 1025}, {}, "name: longer"),
        ({"model": "m" * 1025}, {}, "model: longer"),
        ({"attributes": {"a": 1, "b": 2}}, {"max_attributes_per_item": 1}, "attributes: 2, .*PER_ITEM"),
        ({"metadata": {"a": "1", "b": "2"}}, {"max_attributes_per_item": 1}, "metadata: 2, .*PER_ITEM"),
        ({"tags": ["a", "b"]}, {"max_attributes_per_item": 1}, "tags: .*PER_ITEM"),
        ({"attributes": {"a": "xxxxx"}}, {"max_attribute_bytes": 4}, "attributes.a: .*ATTRIBUTE_BYTES"),
        ({"attributes": {"a": ["xx"] * 9}}, {"max_attribute_bytes": 20}, "attributes.a: .*ATTRIBUTE_BYTES"),
        ({"metadata": {"a": "\u20ac\u20ac"}}, {"max_attribute_bytes": 5}, "metadata.a: .*ATTRIBUTE_BYTES"),
        ({"input": "x" * 500}, {"max_item_bytes": 400}, "LYNEX_MAX_ITEM_BYTES"),
        ({"input": "\u20ac" * 150}, {"max_item_bytes": 400}, "LYNEX_MAX_ITEM_BYTES"),
    ],
)
def test_a_rejection_names_the_field_and_the_limit(
    changed: dict[str, Any], settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(RejectedItem, match=named):
        check(a_span(**changed), **settings)


def test_a_long_prompt_is_no_long_attribute() -> None:
    check(a_span(input="x" * 500_000))


def test_what_is_just_within_the_limits_is_fine() -> None:
    check(
        a_span(name="n" * 1024, attributes={"a": "xxxx", "b": [1]}, duration_ms=0.0),
        max_attributes_per_item=2,
        max_attribute_bytes=4,
    )


def test_metric_points_have_the_same_limits() -> None:
    limits = Limits(IngestSettings(max_attributes_per_item=1), NOON_US)

    limits.check_point(MetricPoint(name="n", time_us=NOON_US, value=1, attributes={"a": 1}))
    with pytest.raises(RejectedItem, match="time: "):
        limits.check_point(MetricPoint(name="n", time_us=0, value=1))
    with pytest.raises(RejectedItem, match="attributes: 2"):
        limits.check_point(MetricPoint(name="n", time_us=NOON_US, value=1, attributes={"a": 1, "b": 1}))
