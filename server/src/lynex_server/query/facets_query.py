"""The statement behind the facets: the commonest values of every rollup dimension, in one pass."""

from typing import get_args

from lynex_server.query.conditions import filter_conditions, window_condition
from lynex_server.query.dimensions import RollupDimension
from lynex_server.query.metrics_query import MetricsQuery
from lynex_server.query.segments import Segment
from lynex_server.query.statement import Select, Statement, compile_union

_NAMES: tuple[str, ...] = get_args(RollupDimension)
_PAIRS = ", ".join(f"('{name}', toString({name}))" for name in _NAMES)


def compile_facets(query: MetricsQuery, values_per_facet: int) -> Statement:
    """Rows of (facet, value, spans), the commonest first; at most `values_per_facet` of each facet."""
    leaves = [_leaf(query, segment) for segment in query.segments]
    columns = (f"arrayJoin([{_PAIRS}]) AS pair", "pair.1 AS facet", "pair.2 AS value", "sum(n) AS spans")
    tail = (
        "GROUP BY pair\nHAVING value != ''\nORDER BY facet, spans DESC, value\n"
        "LIMIT {values_per_facet:UInt32} BY facet"
    )
    return compile_union(leaves, columns, tail, {"values_per_facet": values_per_facet}, query.project_id)


def most_rows(values_per_facet: int) -> int:
    """How many rows the statement may answer."""
    return values_per_facet * len(_NAMES)


def _leaf(query: MetricsQuery, segment: Segment) -> Select:
    raw = segment.table == "spans"
    window = window_condition(segment.windows, "start_time" if raw else "time", f"{segment.table}_")
    counted = "count() AS n" if raw else "sum(spans) AS n"
    return Select(
        segment.table,
        (*_NAMES, counted),
        (window, *filter_conditions(query.filters)),
        "GROUP BY " + ", ".join(_NAMES),
    )
