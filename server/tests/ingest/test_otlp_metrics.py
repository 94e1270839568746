"""Metric points that count tokens or money."""

from typing import Any

import pytest
from ingest.otlp_requests import JSON, NOON_NS, PROTOBUF, a_sum, as_json, as_protobuf, metrics, pairs

from lynex_server.ingest.public import Decoded, IngestSettings, decode_otlp_metrics
from lynex_server.kernel.errors import TooLarge


def both(request: dict[str, Any]) -> Decoded:
    """What both encodings of the request are decoded to: the same."""
    from_json = decode_otlp_metrics(as_json(request), JSON)
    assert decode_otlp_metrics(as_protobuf(request), PROTOBUF) == from_json
    return from_json


def test_claude_code_tokens_are_kept_with_their_type() -> None:
    said = {
        "type": "cacheRead",
        "model": "claude-sonnet-4-5",
        "session.id": "s",
        "user.id": "u",
        "terminal.type": "x",
    }

    point = both(
        metrics(a_sum("claude_code.token.usage", 9000, said), resource={"service.name": "cc"})
    ).points[0]

    assert (point.name, point.value, point.token_type) == ("claude_code.token.usage", 9000, "cacheRead")
    assert (point.model, point.session_id, point.end_user_id, point.service) == (
        "claude-sonnet-4-5",
        "s",
        "u",
        "cc",
    )
    assert (point.temporality, point.time_us, point.unit) == ("delta", NOON_NS // 1000, "1")
    assert point.attributes == {"terminal.type": "x", "otel.scope.name": "tests"}


def test_claude_code_cost_is_kept_to_the_cent_fraction() -> None:
    assert both(metrics(a_sum("claude_code.cost.usage", 0.0123))).points[0].value == 0.0123


def test_a_histogram_keeps_sum_and_count() -> None:
    histogram = {
        "name": "gen_ai.client.token.usage",
        "histogram": {
            "aggregationTemporality": 2,
            "dataPoints": [
                {
                    "timeUnixNano": str(NOON_NS),
                    "count": "4",
                    "sum": 812,
                    "attributes": pairs(
                        {
                            "gen_ai.token.type": "input",
                            "gen_ai.system": "openai",
                            "gen_ai.response.model": "gpt-4o",
                        }
                    ),
                }
            ],
        },
    }

    point = both(metrics(histogram)).points[0]

    assert (point.value, point.attributes["count"], point.temporality) == (812, 4, "cumulative")
    assert (point.token_type, point.provider, point.model) == ("input", "openai", "gpt-4o")


def test_a_gauge_is_a_gauge() -> None:
    gauge = {
        "name": "gen_ai.server.queue",
        "gauge": {"dataPoints": [{"timeUnixNano": str(NOON_NS), "asDouble": 2.5}]},
    }

    assert both(metrics(gauge)).points[0].temporality == "gauge"


def test_other_metrics_are_rejected_and_sink_nothing() -> None:
    result = both(
        metrics(
            a_sum("http.server.duration", 3),
            a_sum("llm.usage.tokens", 5),
            {"name": "gen_ai.client.token.usage"},
        )
    )

    assert result.point_indexes == [1]
    assert [each.index for each in result.rejections] == [0, 2]
    assert result.rejections[0].reason.startswith("http.server.duration: only metrics")


@pytest.mark.parametrize("points", ["x", [7], [{"timeUnixNano": "x"}], [{"asInt": "x", "timeUnixNano": "5"}]])
def test_a_broken_point_is_rejected_alone(points: Any) -> None:
    broken = {"name": "llm.usage.tokens", "sum": {"dataPoints": points}}

    result = decode_otlp_metrics(as_json(metrics(broken, a_sum("llm.usage.tokens", 5))), JSON)

    assert [point.value for point in result.points] == [5]
    assert len(result.rejections) == 1


def test_refuses_more_points_than_the_limit() -> None:
    many = a_sum("llm.usage.tokens", 5)
    many["sum"]["dataPoints"] *= 3

    with pytest.raises(TooLarge, match="LYNEX_MAX_ITEMS_PER_BATCH"):
        decode_otlp_metrics(as_protobuf(metrics(many)), PROTOBUF, IngestSettings(max_items_per_batch=2))
