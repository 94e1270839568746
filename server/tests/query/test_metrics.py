"""Metrics over HTTP, and that rollups give exactly what the raw spans give."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from clocks import NOON_US
from query.conftest import Api
from query.rows import SECOND_US, a_span, by_key

from lynex_server.query.filters import Filters
from lynex_server.query.metrics_query import MetricsQuery, compile_metrics, prepare
from lynex_server.query.segments import plan_segments
from lynex_server.query.settings import QuerySettings
from lynex_server.query.window import DAY_US, HOUR_US, MINUTE_US, Window
from lynex_server.spans.public import SpanRow

HOUR_AGO_US = NOON_US - HOUR_US
VALUES = [None, 0, 1, 999, 12_345]


def iso(instant_us: int) -> str:
    return datetime.fromtimestamp(instant_us / 1e6, UTC).isoformat()


def random_spans(seed: int, count: int) -> list[SpanRow]:
    """Spans over three days; many on the edges of minutes, hours and days."""
    chance = random.Random(seed)
    edges = [DAY_US, HOUR_US, MINUTE_US]
    rows = []
    for number in range(count):
        start_us = NOON_US - chance.randrange(3 * DAY_US)
        if number % 3 == 0:
            edge = chance.choice(edges)
            start_us = start_us // edge * edge + chance.choice([-1, 0, 1])
        rows.append(
            a_span(
                span_id=str(number),
                start_time=start_us,
                kind=chance.choice(["llm", "tool", "embedding"]),
                model=chance.choice(["a", "b"]),
                provider=chance.choice(["p", "q"]),
                status=chance.choice(["ok", "ok", "error", "timeout", "cancelled"]),
                cost_source=chance.choice(["priced", "estimated", "unpriced"]),
                cost_nanousd=chance.choice(VALUES),
                input_tokens=chance.choice(VALUES),
                cache_write_5m_tokens=chance.choice(VALUES),
                duration_ms=chance.choice([None, chance.expovariate(0.01)]),
                time_to_first_token_ms=chance.choice([None, chance.random()]),
            )
        )
    return rows


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"step_s": 60},
        {"step_s": 3600},
        {"step_s": 86_400},
        {"by": ("model", "provider"), "limit": 10},
        {"by": ("environment",), "limit": 10},
        {"by": ("kind",), "step_s": 86_400},
        {"by": ("kind",), "levels": (), "limit": 10},
        {"step_s": 3600, "by": ("model",), "top": ("a",), "levels": ()},
    ],
)
def test_rollups_answer_exactly_as_the_raw_spans_do_at_any_range(api: Api, shape: dict[str, Any]) -> None:
    api.store(*random_spans(seed=1, count=600))
    chance = random.Random(str(shape))
    for _ in range(4):
        ends = sorted(NOON_US - chance.randrange(3 * DAY_US) for _ in range(2))
        window = Window(ends[0], ends[1] + 1)
        if shape.get("step_s") == 60:
            window = Window(max(window.start_us, window.end_us - 12 * HOUR_US), window.end_us)
        filters = Filters(equals={"status": ("ok", "error")}) if chance.random() < 0.3 else Filters()
        query = prepare(MetricsQuery(api.project_id, window, filters, **shape), QuerySettings())
        from_raw = replace(query, segments=plan_segments(window, ()))

        assert answers(api, query) == answers(api, from_raw)


def answers(api: Api, query: MetricsQuery) -> list[tuple[Any, ...]]:
    statement = compile_metrics(query)
    rows = api.columnar.query(statement.sql, statement.params, query.limits).rows
    return sorted((tuple(str(value) for value in row) for row in rows), key=str)


def test_the_summary_counts_what_happened_and_only_in_the_range(api: Api) -> None:
    api.store(
        a_span(span_id="1", duration_ms=100.0),
        a_span(
            span_id="2", duration_ms=100.0, status="timeout", cost_source="estimated", cache_read_tokens=5
        ),
        a_span(span_id="3", kind="embedding", cost_nanousd=None, cost_source="unpriced", output_tokens=None),
        a_span(span_id="4", kind="tool", duration_ms=9000.0, status="error", cost_nanousd=None),
        a_span(span_id="5", start_time=NOON_US),
        a_span(span_id="6", start_time=NOON_US - DAY_US - 1),
    )

    summary = api.get("/v1/metrics/summary")

    assert (summary["calls"], summary["spans"], summary["errors"]) == (3, 4, 1)
    assert (summary["unpriced"], summary["estimated"]) == (1, 1)
    assert (summary["input_tokens"], summary["output_tokens"]) == (4000, 300)
    assert summary["cache_read_tokens"] == 5
    assert (summary["cost_nanousd"], summary["cost_usd"]) == (7_000_000, 0.007)
    assert summary["latency_ms"] == {"p50": 100, "p95": 100, "p99": 100}
    assert summary["time_to_first_token_ms"] == {"p50": None, "p95": None, "p99": None}
    assert (summary["start"], summary["end"]) == ("2026-01-04T12:00:00Z", "2026-01-05T12:00:00Z")
    assert summary["previous"] is None


def test_errors_and_latencies_are_of_the_kind_that_the_query_names(api: Api) -> None:
    api.store(a_span(kind="tool", duration_ms=9000.0, status="error"), a_span(span_id="2"))

    tools = api.get("/v1/metrics/summary", kind="tool")
    kinds = by_key(api.get("/v1/metrics/breakdown", by="kind")["rows"])

    assert (tools["calls"], tools["spans"], tools["errors"]) == (0, 1, 1)
    assert math.isclose(tools["latency_ms"]["p50"], 9000, rel_tol=0.008)
    assert (kinds["tool"]["errors"], kinds["llm"]["errors"]) == (1, 0)


def test_compares_with_the_period_before(api: Api) -> None:
    api.store(a_span(), a_span(span_id="2", start_time=NOON_US - DAY_US - 1, cost_nanousd=1))

    summary = api.get("/v1/metrics/summary", compare=True)

    assert (summary["cost_nanousd"], summary["previous"]["cost_nanousd"]) == (3_500_000, 1)


def test_an_empty_project_has_zeros_and_no_latency(api: Api) -> None:
    summary = api.get("/v1/metrics/summary", range="30d")

    assert (summary["calls"], summary["cost_usd"]) == (0, 0)
    assert summary["latency_ms"]["p95"] is None


def test_a_series_has_every_step_and_adds_up_to_the_summary(api: Api) -> None:
    api.store(*random_spans(seed=2, count=300))
    exact = {"from": iso(NOON_US - 2 * DAY_US + 1_234_567), "to": iso(NOON_US - 7_654_321)}

    series = api.get("/v1/metrics/series", **exact, step="1h")
    summary = api.get("/v1/metrics/summary", **exact)

    (line,) = series["series"]
    assert len(line["points"]) == 48
    assert line["points"][0]["time"] == "2026-01-03T12:00:00Z"
    for name in ("calls", "spans", "errors", "cost_nanousd", "input_tokens", "cache_write_tokens"):
        assert sum(point[name] for point in line["points"]) == summary[name]


def test_a_relative_series_begins_with_a_whole_step(api: Api) -> None:
    api.store(a_span())

    series = api.get("/v1/metrics/series", range="100m", step="1h")

    assert series["start"] == "2026-01-05T10:00:00Z"
    assert [(p["time"], p["calls"]) for p in series["series"][0]["points"]] == [
        ("2026-01-05T10:00:00Z", 0),
        ("2026-01-05T11:00:00Z", 1),
    ]


def test_groups_beyond_the_limit_are_summed_as_other(api: Api) -> None:
    api.store(
        *(
            a_span(
                span_id=f"{model}{n}", model=f"m{model}", cost_nanousd=10**model, duration_ms=model * 100.0
            )
            for model in range(1, 5)
            for n in range(2)
        )
    )

    answer = api.get("/v1/metrics/series", range="2h", step="1h", group_by="model", limit=2)

    assert [line["key"] for line in answer["series"]] == ["m4", "m3", "(other)"]
    other = answer["series"][2]["points"][1]
    assert (other["calls"], other["cost_nanousd"]) == (4, 220)
    assert other["latency_ms"]["p99"] == 200


def test_a_breakdown_is_ordered_by_cost_then_calls(api: Api) -> None:
    api.store(
        a_span(span_id="1", model="cheap", cost_nanousd=1),
        a_span(span_id="2", model="free", cost_nanousd=0),
        a_span(span_id="3", model="freer", cost_nanousd=0),
        a_span(span_id="4", model="freer", cost_nanousd=0),
        a_span(span_id="5", model="cheap", provider="azure", cost_nanousd=9),
    )

    rows = api.get("/v1/metrics/breakdown", by="model", limit=3)["rows"]

    assert [(row["key"], row["provider"], row["calls"]) for row in rows] == [
        ("cheap", "azure", 1),
        ("cheap", "openai", 1),
        ("freer", "openai", 2),
    ]


@pytest.mark.parametrize(
    ("by", "column"),
    [
        ("environment", "environment"),
        ("session", "session_id"),
        ("prompt_name", "prompt_name"),
        ("prompt_version", "prompt_version"),
        ("release", "release"),
        ("error_type", "error_type"),
        ("finish_reason", "finish_reason"),
        ("service_tier", "service_tier"),
        ("name", "name"),
        ("source", "source"),
        ("cost_source", "cost_source"),
        ("model_requested", "model_requested"),
        ("status", "status"),
    ],
)
def test_breaks_down_by_any_dimension_with_latencies(api: Api, by: str, column: str) -> None:
    value = {"status": "blocked", "cost_source": "reported"}.get(by, "x")
    api.store(a_span(**{column: value}, duration_ms=64.0), a_span(span_id="2", duration_ms=32.0))

    rows = by_key(api.get("/v1/metrics/breakdown", by=by)["rows"])

    assert rows[value]["calls"] == 1
    assert rows[value]["latency_ms"]["p50"] == 64


def test_a_span_counts_under_each_of_its_tags(api: Api) -> None:
    api.store(a_span(tags=["a", "b"]), a_span(span_id="2", tags=["b"]), a_span(span_id="3"))

    rows = by_key(api.get("/v1/metrics/breakdown", by="tag")["rows"])

    assert {key: row["calls"] for key, row in rows.items()} == {"a": 1, "b": 2}
    assert rows["a"]["latency_ms"]["p50"] == 100


def test_end_users_are_added_up_from_their_days_and_the_edges(api: Api) -> None:
    api.store(
        a_span(span_id="1", end_user_id="ann", start_time=NOON_US - 2 * DAY_US),
        a_span(span_id="2", end_user_id="ann", start_time=NOON_US - DAY_US),
        a_span(span_id="3", end_user_id="ann", start_time=NOON_US - 1),
        a_span(span_id="4", end_user_id="bob", model="other"),
        a_span(span_id="5"),
    )

    everybody = by_key(api.get("/v1/metrics/breakdown", by="end_user", range="3d")["rows"])
    filtered = by_key(api.get("/v1/metrics/breakdown", by="end_user", model="other")["rows"])

    assert {key: row["calls"] for key, row in everybody.items()} == {"ann": 3, "bob": 1}
    assert everybody["ann"]["latency_ms"]["p50"] is None
    assert list(filtered) == ["bob"]
    assert filtered["bob"]["latency_ms"]["p50"] == 100


@pytest.mark.parametrize(
    ("sort", "first"),
    [("cost", "dear"), ("calls", "busy"), ("errors", "broken"), ("tokens", "wordy"), ("unpriced", "new")],
)
@pytest.mark.parametrize("by", ["model", "release"], ids=["rollup", "spans"])
@pytest.mark.parametrize("path", ["/v1/metrics/breakdown", "/v1/metrics/cost-by-model"])
def test_a_breakdown_is_ordered_by_what_was_asked_for(
    api: Api, path: str, by: str, sort: str, first: str
) -> None:
    """A model without a price costs nothing: by cost it would fall off the list."""
    said: dict[str, dict[str, Any]] = {
        "dear": {"cost_nanousd": 100},
        "broken": {"status": "error"},
        "wordy": {"input_tokens": 900, "output_tokens": 900},
        "new": {"cost_nanousd": None, "cost_source": "unpriced"},
        "busy": {},
    }
    plain = {"cost_nanousd": 1, "input_tokens": 1, "output_tokens": 1, "start_time": NOON_US - DAY_US}
    for name, values in said.items():
        names = {"model": name, "release": name}
        for number in range(3 if name == "busy" else 1):
            api.store(a_span(span_id=f"{name}-{number}", **{**plain, **names, **values}))

    parameters = {"by": by} if path.endswith("breakdown") else {}
    rows = api.get(path, sort=sort, limit=2, range="2d", **parameters)["rows"]

    assert (rows[0]["key"], len(rows)) == (first, 2)


def test_refuses_an_order_it_does_not_know(api: Api) -> None:
    assert api.ask("/v1/metrics/breakdown", by="model", sort="cost_nanousd; DROP TABLE").status_code == 422


def test_cost_by_model_looks_a_week_back_and_leaves_out_spans_without_a_model(api: Api) -> None:
    api.store(
        a_span(span_id="1", start_time=NOON_US - 6 * DAY_US),
        a_span(span_id="2", kind="tool", model="", cost_nanousd=None),
        a_span(span_id="3", start_time=NOON_US - 8 * DAY_US),
    )

    rows = api.get("/v1/metrics/cost-by-model")["rows"]

    assert [(row["key"], row["provider"], row["cost_nanousd"]) for row in rows] == [
        ("gpt-4o", "openai", 3_500_000)
    ]


@pytest.mark.parametrize(("p", "expected"), [(50, 50), (95, 95), (90, 90), (99.9, 100)])
def test_any_percentile_over_time(api: Api, p: float, expected: float) -> None:
    api.store(*(a_span(span_id=str(ms), duration_ms=float(ms)) for ms in range(1, 101)))

    answer = api.get("/v1/metrics/latency-pctl", p=p, range="2h", step="1h")

    assert math.isclose(answer["overall_ms"], expected, rel_tol=0.02)
    assert [point["calls"] for point in answer["points"]] == [0, 100]
    assert answer["points"][0]["value_ms"] is None
    assert answer["points"][1]["value_ms"] == answer["overall_ms"]


def test_facets_name_the_commonest_values_of_each_dimension(api: Api) -> None:
    """langfuse#15529: filter options come from rollups and are bounded."""
    api.store(
        *(a_span(span_id=str(n), start_time=NOON_US - n * SECOND_US - 1, model="common") for n in range(3)),
        a_span(span_id="4", model="rare"),
        a_span(span_id="5", model="rarer", start_time=NOON_US - 29 * DAY_US),
        a_span(span_id="6", model="gone", start_time=NOON_US - 31 * DAY_US),
    )

    facets = api.get("/v1/facets", limit=2)["facets"]

    assert facets["model"] == [{"value": "common", "spans": 3}, {"value": "rare", "spans": 1}]
    assert facets["environment"] == [{"value": "production", "spans": 5}]
    assert "route" not in facets


@pytest.mark.parametrize(
    "asked",
    [
        {"path": "series", "step": "7m"},
        {"path": "series", "step": "1m", "range": "30d"},
        {"path": "summary", "range": "1h", "from": "1"},
        {"path": "summary", "from": "2026-01-06T00:00:00Z"},
    ],
)
def test_refuses_a_time_that_makes_no_sense(api: Api, asked: dict[str, str]) -> None:
    path = asked.pop("path")

    response = api.ask(f"/v1/metrics/{path}", **asked)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_input"


def test_a_range_beyond_the_longest_is_cut_and_the_answer_says_so(api: Api) -> None:
    summary = api.get("/v1/metrics/summary", **{"from": "1980-01-01T00:00:00Z"})

    assert summary["start"] == "2024-12-01T12:00:00Z"
