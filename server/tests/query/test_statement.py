"""Compiled statements, word for word: the tenant first, values bound."""

import pytest
from clocks import NOON_US

from lynex_server.query.conditions import filter_conditions
from lynex_server.query.filters import Filters
from lynex_server.query.metrics_query import MetricsQuery, compile_metrics, prepare
from lynex_server.query.recent import RecentKey, RecentQuery, compile_candidates, compile_earlier
from lynex_server.query.settings import QuerySettings
from lynex_server.query.statement import Condition, Select, compile_select
from lynex_server.query.window import DAY_US, HOUR_US, Window

MIDNIGHT_US = NOON_US - 12 * HOUR_US
HOUR = Window(NOON_US - HOUR_US, NOON_US)


def compiled(query: MetricsQuery) -> str:
    return compile_metrics(prepare(query, QuerySettings())).sql


def test_a_summary_of_whole_days_reads_the_day_rollup_alone() -> None:
    query = MetricsQuery("prj_a", Window(MIDNIGHT_US - DAY_US, MIDNIGHT_US), Filters())

    assert compiled(query) == (
        "SELECT\n"
        "    sumIf(sum_spans, is_call) AS calls,\n"
        "    sum(sum_spans) AS spans,\n"
        "    sumIf(sum_errors, is_call) AS errors,\n"
        "    sum(sum_unpriced) AS unpriced,\n"
        "    sum(sum_estimated) AS estimated,\n"
        "    sum(sum_input_tokens) AS input_tokens,\n"
        "    sum(sum_output_tokens) AS output_tokens,\n"
        "    sum(sum_cache_read_tokens) AS cache_read_tokens,\n"
        "    sum(sum_cache_write_tokens) AS cache_write_tokens,\n"
        "    sum(sum_reasoning_tokens) AS reasoning_tokens,\n"
        "    sum(sum_cost_nanousd) AS cost_nanousd,\n"
        "    quantilesBFloat16MergeIf(0.5, 0.95, 0.99)(state_duration_ms, is_call) AS duration_ms,\n"
        "    quantilesBFloat16MergeIf(0.5, 0.95, 0.99)(state_time_to_first_token_ms, is_call)"
        " AS time_to_first_token_ms\n"
        "FROM (\n"
        "SELECT\n"
        "    is_call,\n"
        "    spans AS sum_spans,\n"
        "    errors AS sum_errors,\n"
        "    unpriced AS sum_unpriced,\n"
        "    estimated AS sum_estimated,\n"
        "    input_tokens AS sum_input_tokens,\n"
        "    output_tokens AS sum_output_tokens,\n"
        "    cache_read_tokens AS sum_cache_read_tokens,\n"
        "    cache_write_tokens AS sum_cache_write_tokens,\n"
        "    reasoning_tokens AS sum_reasoning_tokens,\n"
        "    cost_nanousd AS sum_cost_nanousd,\n"
        "    duration_ms AS state_duration_ms,\n"
        "    time_to_first_token_ms AS state_time_to_first_token_ms\n"
        "FROM spans_by_dimension_day\n"
        "WHERE project_id = {project_id:String}\n"
        "  AND time >= fromUnixTimestamp64Micro({spans_by_dimension_day_start_us_0:Int64}, 'UTC')"
        " AND time < fromUnixTimestamp64Micro({spans_by_dimension_day_end_us_0:Int64}, 'UTC')\n"
        "  AND dimension = {dimension:String}\n"
        ")"
    )


@pytest.mark.parametrize(
    ("filters", "by", "table"),
    [
        ({}, (), "spans_by_dimension_day"),
        ({"model": ("a", "b")}, (), "spans_by_dimension_day"),
        ({"model": ("a",)}, ("model", "provider"), "spans_by_dimension_day"),
        ({}, ("route",), "spans_by_dimension_day"),
        ({"environment": ("a",)}, ("model", "provider"), "spans_by_day"),
        ({"environment": ("a",), "route": ("b",)}, (), "spans_by_day"),
        ({"environment": ("a",)}, ("route",), "spans_by_day"),
        ({"session_id": ("a",)}, (), "spans"),
    ],
)
def test_percentiles_come_from_the_rollup_with_the_fewest_states(
    filters: dict[str, tuple[str, ...]], by: tuple[str, ...], table: str
) -> None:
    window = Window(MIDNIGHT_US - DAY_US, MIDNIGHT_US)

    statement = compiled(MetricsQuery("prj_a", window, Filters(equals=filters), by=by))

    assert f"FROM {table}\n" in statement


def test_a_breakdown_by_tag_reads_the_raw_spans() -> None:
    query = MetricsQuery(
        "prj_a", HOUR, Filters(equals={"model": ("gpt-4o",)}), by=("tag",), levels=(), limit=5
    )
    statement = compile_metrics(prepare(query, QuerySettings()))

    assert statement.sql.partition("FROM (\n")[2] == (
        "SELECT\n"
        "    arrayJoin(tags) AS key_0,\n"
        "    kind IN ('llm', 'embedding') AS is_call,\n"
        "    count() AS sum_spans,\n"
        "    countIf(status IN ('error', 'timeout')) AS sum_errors,\n"
        "    countIf(cost_source = 'unpriced') AS sum_unpriced,\n"
        "    countIf(cost_source = 'estimated') AS sum_estimated,\n"
        "    ifNull(sum(input_tokens), 0) AS sum_input_tokens,\n"
        "    ifNull(sum(output_tokens), 0) AS sum_output_tokens,\n"
        "    ifNull(sum(cache_read_tokens), 0) AS sum_cache_read_tokens,\n"
        "    ifNull(sum(cache_write_5m_tokens), 0) + ifNull(sum(cache_write_1h_tokens), 0)"
        " AS sum_cache_write_tokens,\n"
        "    ifNull(sum(reasoning_tokens), 0) AS sum_reasoning_tokens,\n"
        "    ifNull(sum(cost_nanousd), 0) AS sum_cost_nanousd\n"
        "FROM spans\n"
        "WHERE project_id = {project_id:String}\n"
        "  AND start_time >= fromUnixTimestamp64Micro({spans_start_us_0:Int64}, 'UTC')"
        " AND start_time < fromUnixTimestamp64Micro({spans_end_us_0:Int64}, 'UTC')\n"
        "  AND model IN {model:Array(String)}\n"
        "GROUP BY key_0, is_call\n"
        ")\n"
        "GROUP BY key_0\n"
        "ORDER BY cost_nanousd DESC, calls DESC, spans DESC, key_0\n"
        "LIMIT {limit:UInt32}"
    )
    assert statement.params == {
        "project_id": "prj_a",
        "spans_start_us_0": NOON_US - HOUR_US,
        "spans_end_us_0": NOON_US,
        "model": ["gpt-4o"],
        "limit": 5,
    }


def test_a_panel_without_percentiles_merges_no_quantile_states() -> None:
    query = MetricsQuery("prj_a", Window(MIDNIGHT_US - DAY_US, NOON_US), Filters(), levels=())

    assert "quantiles" not in compiled(query)


def test_a_percentile_that_the_rollups_do_not_hold_reads_the_raw_spans() -> None:
    sql = compiled(MetricsQuery("prj_a", Window(0, DAY_US), Filters(), levels=(0.9,)))

    assert "spans_by" not in sql
    assert "quantilesBFloat16MergeIf(0.9)(state_duration_ms, is_call)" in sql


def test_the_end_user_rollup_answers_only_without_other_filters() -> None:
    days = Window(0, DAY_US)
    alone = MetricsQuery("prj_a", days, Filters(), by=("end_user",), levels=(), limit=5)
    filtered = MetricsQuery(
        "prj_a", days, Filters(equals={"model": ("m",)}), by=("end_user",), levels=(), limit=5
    )

    assert "FROM spans_by_end_user_day\n" in compiled(alone)
    assert "FROM spans\n" in compiled(filtered)


def test_traces_are_found_in_the_order_of_the_table() -> None:
    query = RecentQuery("prj_a", "trace_id", HOUR, Filters(equals={"status": ("error",)}), limit=50)

    assert compile_candidates(query, RecentKey("trace-9", NOON_US), 71).sql == (
        "SELECT\n"
        "    trace_id,\n"
        "    toUnixTimestamp64Micro(start_time) AS newest_us\n"
        "FROM spans\n"
        "WHERE project_id = {project_id:String}\n"
        "  AND start_time >= fromUnixTimestamp64Micro({start_us_0:Int64}, 'UTC')"
        " AND start_time < fromUnixTimestamp64Micro({end_us_0:Int64}, 'UTC')\n"
        "  AND status IN {status:Array(String)}\n"
        "  AND start_time <= fromUnixTimestamp64Micro({after_us:Int64}, 'UTC')"
        " AND (start_time < fromUnixTimestamp64Micro({after_us:Int64}, 'UTC')"
        " OR trace_id < {after_key:String})\n"
        "ORDER BY start_time DESC, trace_id DESC\n"
        "LIMIT 1 BY trace_id\n"
        "LIMIT {limit:UInt32}\n"
        "SETTINGS read_in_order_use_buffering = 0"
    )
    assert "trace_id IN {keys:Array(String)}" in compile_earlier(query, RecentKey("t", 1), ("a",)).sql


def test_every_filter_binds_its_values() -> None:
    hostile = "'; DROP TABLE spans --"
    filters = Filters(
        equals={"model": (hostile,)},
        tags=(hostile,),
        metadata={hostile: (hostile,)},
        min_cost_nanousd=1,
        min_latency_ms=2.5,
        min_tokens=3,
        text=f'"{hostile}" words',
    )

    conditions = filter_conditions(filters)

    assert not any("DROP" in condition.sql for condition in conditions)
    assert [condition.sql for condition in conditions] == [
        "model IN {model:Array(String)}",
        "hasAny(tags, {tags:Array(String)})",
        "mapContains(metadata, {metadata_key_0:String})"
        " AND metadata[{metadata_key_0:String}] IN {metadata_values_0:Array(String)}",
        "cost_nanousd >= {min_cost_nanousd:Int64}",
        "duration_ms >= {min_latency_ms:Float64}",
        "ifNull(input_tokens, 0) + ifNull(output_tokens, 0) >= {min_tokens:Int64}",
        "(hasAllTokens(input, {q_words:String}) OR hasAllTokens(output, {q_words:String}))",
        "(positionCaseInsensitiveUTF8(input, {q_phrase_0:String}) > 0"
        " OR positionCaseInsensitiveUTF8(output, {q_phrase_0:String}) > 0)",
    ]


def test_refuses_to_bind_two_values_to_one_name() -> None:
    one, other = Condition("a = {x:Int64}", {"x": 1}), Condition("b = {x:Int64}", {"x": 2})

    with pytest.raises(ValueError, match="two values"):
        compile_select(Select("spans", ("a",), (one, other)), "prj_a")
