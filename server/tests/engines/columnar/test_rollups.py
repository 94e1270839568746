"""The schema of spans on every engine: whatever is stored, each rollup adds up to the spans themselves.

langfuse#7986, #10107: dashboards read what was added up before; these tests say that it is the same."""

import random
from collections.abc import Sequence

import msgspec
import pytest
from clocks import NOON_US
from span_factories import a_row

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.columnar.migrations import migrate
from lynex_server.kernel.ids import new_id
from lynex_server.spans.public import SPAN_COLUMNS, SpanRow, span_columns, spans_migrations

HOUR_US = 3_600_000_000
SEED = 20260105

SUMS_OF_SPANS = """
    count() AS spans,
    countIf(status IN ('error', 'timeout')) AS errors,
    countIf(cost_source = 'unpriced') AS unpriced,
    countIf(cost_source = 'estimated') AS estimated,
    sum(ifNull(s.input_tokens, 0)) AS input_tokens,
    sum(ifNull(s.output_tokens, 0)) AS output_tokens,
    sum(ifNull(s.cache_read_tokens, 0)) AS cache_read_tokens,
    sum(ifNull(s.cache_write_5m_tokens, 0)) + sum(ifNull(s.cache_write_1h_tokens, 0)) AS cache_write_tokens,
    sum(ifNull(s.reasoning_tokens, 0)) AS reasoning_tokens,
    sum(ifNull(s.cost_nanousd, 0)) AS cost_nanousd
"""
SUMS_OF_ROLLUP = ", ".join(
    f"sum(r.{name})"
    for name in (
        "spans", "errors", "unpriced", "estimated", "input_tokens", "output_tokens", "cache_read_tokens",
        "cache_write_tokens", "reasoning_tokens", "cost_nanousd",
    )
)  # fmt: skip
DIMENSIONS = ("environment", "provider", "model", "route", "service", "kind", "status")
START_OF = {"minute": "toStartOfMinute", "hour": "toStartOfHour", "day": "toStartOfDay"}


def random_row(dice: random.Random, project_id: str) -> SpanRow:
    """A span with values and gaps of every kind, within three days."""

    def maybe(value: float) -> float | None:
        return value if dice.random() < 0.7 else None

    def count() -> int | None:
        return dice.randrange(10_000) if dice.random() < 0.7 else None

    return msgspec.structs.replace(
        a_row(dice.randrange(2**60)),
        project_id=project_id,
        trace_id=f"trace-{dice.randrange(100)}",
        session_id=f"session-{dice.randrange(40)}" if dice.random() < 0.8 else "",
        start_time=NOON_US + dice.randrange(72 * HOUR_US),
        duration_ms=maybe(dice.expovariate(1 / 500)),
        time_to_first_token_ms=maybe(dice.expovariate(1 / 100)),
        environment=dice.choice(["production", "staging", ""]),
        provider=dice.choice(["openai", "anthropic"]),
        model=dice.choice(["m1", "m2", "m3"]),
        route=dice.choice(["/chat", "/search"]),
        kind=dice.choice(["llm", "tool"]),
        status=dice.choice(["ok", "error", "timeout", "cancelled"]),
        end_user_id=dice.choice(["ann", "bob", ""]),
        input_tokens=count(),
        output_tokens=count(),
        cache_read_tokens=count(),
        cache_write_5m_tokens=count(),
        cache_write_1h_tokens=count(),
        reasoning_tokens=count(),
        cost_nanousd=dice.randrange(10**12) if dice.random() < 0.8 else None,
        cost_source=dice.choice(["priced", "estimated", "unpriced", "none"]),
    )


@pytest.fixture
def project_id(columnar: ClickHouse) -> str:
    """A project with 700 random spans, every batch of which was inserted twice."""
    migrate(columnar, spans_migrations())
    project_id = new_id("prj")
    dice = random.Random(SEED)
    rows = [random_row(dice, project_id) for _ in range(700)]
    batches: list[Sequence[SpanRow]] = [rows[:1], rows[1:100], rows[100:]]
    for number, batch in [*enumerate(batches), *enumerate(batches)]:
        columnar.insert_columns("spans", span_columns(batch), token=f"{project_id}-{number}")
    return project_id


def test_the_bounds_of_traces_and_sessions_are_the_first_and_last_start_of_their_spans(
    columnar: ClickHouse, project_id: str
) -> None:
    params = {"project_id": project_id}

    bounds = columnar.query(
        "SELECT key, min(first_time), max(last_time) FROM span_bounds "
        "WHERE project_id = {project_id:String} GROUP BY key ORDER BY key",
        params,
    )
    spans = columnar.query(
        "SELECT cityHash64(id) AS key, min(start_time), max(start_time) "
        "FROM spans ARRAY JOIN [trace_id, session_id] AS id "
        "WHERE project_id = {project_id:String} AND id != '' GROUP BY key ORDER BY key",
        params,
    )

    assert bounds.rows == spans.rows
    assert len(spans.rows) == 100 + 40


@pytest.mark.parametrize("unit", ["minute", "hour", "day"])
def test_every_line_of_a_rollup_is_the_sum_of_its_spans(
    columnar: ClickHouse, project_id: str, unit: str
) -> None:
    dimensions = ", ".join(DIMENSIONS)
    params = {"project_id": project_id}

    rollup = columnar.query(
        f"SELECT toUnixTimestamp(time), {dimensions}, {SUMS_OF_ROLLUP} FROM spans_by_{unit} AS r "
        f"WHERE project_id = {{project_id:String}} GROUP BY time, {dimensions} ORDER BY time, {dimensions}",
        params,
    )
    spans = columnar.query(
        f"SELECT toUnixTimestamp({START_OF[unit]}(start_time, 'UTC')) AS time, {dimensions}, {SUMS_OF_SPANS} "
        f"FROM spans AS s WHERE project_id = {{project_id:String}} "
        f"GROUP BY time, {dimensions} ORDER BY time, {dimensions}",
        params,
    )

    assert sum(row[len(DIMENSIONS) + 1] for row in spans.rows) == 700
    assert rollup.rows == spans.rows


@pytest.mark.parametrize("unit", ["hour", "day"])
@pytest.mark.parametrize("dimension", ["", *DIMENSIONS])
def test_every_value_of_a_dimension_is_the_sum_of_its_spans(
    columnar: ClickHouse, project_id: str, unit: str, dimension: str
) -> None:
    value = dimension or "''"
    detail = "provider" if dimension == "model" else "''"
    percentiles = "(0.5, 0.95, 0.99)"
    params = {"project_id": project_id, "dimension": dimension}

    rollup = columnar.query(
        f"SELECT toUnixTimestamp(time), value, detail, is_call, {SUMS_OF_ROLLUP}, "
        f"quantilesBFloat16Merge{percentiles}(r.duration_ms) FROM spans_by_dimension_{unit} AS r "
        "WHERE project_id = {project_id:String} AND dimension = {dimension:String} "
        "GROUP BY time, value, detail, is_call ORDER BY time, value, detail, is_call",
        params,
    )
    spans = columnar.query(
        f"SELECT toUnixTimestamp({START_OF[unit]}(start_time, 'UTC')) AS time, {value} AS value, "
        f"{detail} AS detail, kind IN ('llm', 'embedding') AS is_call, {SUMS_OF_SPANS}, "
        f"quantilesBFloat16{percentiles}(s.duration_ms) FROM spans AS s "
        "WHERE project_id = {project_id:String} "
        "GROUP BY time, value, detail, is_call ORDER BY time, value, detail, is_call",
        params,
    )

    # As text, because the quantile of nothing is NaN, which equals nothing.
    assert str(rollup.rows) == str(spans.rows)


@pytest.mark.parametrize("unit", ["minute", "hour", "day"])
@pytest.mark.parametrize("column", ["duration_ms", "time_to_first_token_ms"])
def test_percentiles_of_a_rollup_are_those_of_its_spans(
    columnar: ClickHouse, project_id: str, unit: str, column: str
) -> None:
    params = {"project_id": project_id}
    of = "(0.5, 0.95, 0.99)"

    rollup = columnar.query(
        f"SELECT model, quantilesBFloat16Merge{of}({column}) FROM spans_by_{unit} "
        "WHERE project_id = {project_id:String} GROUP BY model ORDER BY model",
        params,
    )
    spans = columnar.query(
        f"SELECT model, quantilesBFloat16{of}({column}), quantilesExact{of}({column}) FROM spans "
        "WHERE project_id = {project_id:String} GROUP BY model ORDER BY model",
        params,
    )

    assert rollup.rows == [(model, estimated) for model, estimated, _ in spans.rows]
    for _, estimated, exact in spans.rows:
        assert list(estimated) == pytest.approx(list(exact), rel=0.05)


@pytest.mark.parametrize("unit", ["hour", "day"])
def test_every_line_of_the_end_user_rollup_is_the_sum_of_its_spans(
    columnar: ClickHouse, project_id: str, unit: str
) -> None:
    params = {"project_id": project_id}

    rollup = columnar.query(
        f"SELECT toUnixTimestamp(time), end_user_id, is_call, {SUMS_OF_ROLLUP} "
        f"FROM spans_by_end_user_{unit} AS r WHERE project_id = {{project_id:String}} "
        "GROUP BY ALL ORDER BY ALL",
        params,
    )
    spans = columnar.query(
        f"SELECT toUnixTimestamp({START_OF[unit]}(start_time, 'UTC')), end_user_id, "
        f"kind IN ('llm', 'embedding') AS is_call, {SUMS_OF_SPANS} "
        "FROM spans AS s WHERE project_id = {project_id:String} AND end_user_id != '' "
        "GROUP BY ALL ORDER BY ALL",
        params,
    )

    assert rollup.rows == spans.rows


def test_a_span_comes_back_as_it_was_stored(columnar: ClickHouse, project_id: str) -> None:
    whole = msgspec.structs.replace(
        random_row(random.Random(1), project_id),
        span_id="the-one",
        usage_other={"web_searches": 3},
        usage_flags=["clamped"],
        tags=["a", "it's"],
        metadata={"k": "v\0"},
        attributes='{"x":1}',
        input="in 漢字",
        output="out\t🎈",
    )

    columnar.insert_columns("spans", span_columns([whole]), token=new_id("batch"))

    times = {
        "start_time": "toUnixTimestamp64Micro(start_time)",
        "received_at": "toUnixTimestamp64Micro(received_at)",
    }
    columns = ", ".join(times.get(name, name) for name in SPAN_COLUMNS)
    (found,) = columnar.query(
        f"SELECT {columns} FROM spans WHERE project_id = {{project_id:String}} AND span_id = 'the-one'",
        {"project_id": project_id},
    ).rows
    assert found == tuple(getattr(whole, name) for name in SPAN_COLUMNS)
