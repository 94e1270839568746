"""Statements that read spans: lists, one span, the spans of a trace."""

from dataclasses import dataclass

from lynex_server.query.conditions import filter_conditions, instant, near_condition, window_condition
from lynex_server.query.filters import Filters
from lynex_server.query.span_shape import DETAIL_COLUMNS, SUMMARY_COLUMNS
from lynex_server.query.statement import IN_ORDER, Condition, Select, Statement, compile_select
from lynex_server.query.tree import Twig
from lynex_server.query.window import Window


@dataclass(frozen=True, slots=True)
class SpanPosition:
    """Where a page of spans ends. Start times may coincide, so the ids decide."""

    start_us: int
    span_id: str
    trace_id: str


def compile_span_list(
    project_id: str,
    window: Window,
    filters: Filters,
    after: SpanPosition | None,
    limit: int,
    columns: tuple[str, ...] = SUMMARY_COLUMNS,
) -> Statement:
    """Newest first, beginning below `after`. Reads in the order of the table and stops when it has enough."""
    conditions = [window_condition((window,), "start_time"), *filter_conditions(filters)]
    if after is not None:
        conditions.append(_below(after))
    tail = "ORDER BY start_time DESC, span_id DESC, trace_id DESC\nLIMIT {limit:UInt32}\n" + IN_ORDER
    return compile_select(Select("spans", columns, tuple(conditions), tail, {"limit": limit}), project_id)


def compile_span_count(project_id: str, window: Window, filters: Filters) -> Statement:
    """How many spans a list would have."""
    conditions = (window_condition((window,), "start_time"), *filter_conditions(filters))
    return compile_select(Select("spans", ("count() AS spans",), conditions), project_id)


def compile_span(project_id: str, trace_id: str, span_id: str, near: tuple[Window, ...]) -> Statement:
    """One span, whole. `near` must hold its trace: nothing else is read."""
    conditions = (
        near_condition(near),
        _trace(trace_id),
        Condition("span_id = {span_id:String}", {"span_id": span_id}),
    )
    return compile_select(Select("spans", DETAIL_COLUMNS, conditions, "LIMIT 1"), project_id)


def compile_trace_outline(
    project_id: str, trace_id: str, most_spans: int, near: tuple[Window, ...]
) -> Statement:
    """Ids, parents and starts of a whole trace: all that its order depends on. One row more than
    `most_spans` tells that there are too many. `near` must hold the trace: nothing else is read."""
    columns = ("span_id", "parent_span_id", "toUnixTimestamp64Micro(start_time) AS start_us")
    tail = "ORDER BY start_time, span_id\nLIMIT {limit:UInt32}"
    select = Select(
        "spans", columns, (near_condition(near), _trace(trace_id)), tail, {"limit": most_spans + 1}
    )
    return compile_select(select, project_id)


def compile_trace_spans(project_id: str, trace_id: str, twigs: list[Twig]) -> Statement:
    """The given spans of a trace, without text."""
    starts = [twig.start_us for twig in twigs]
    conditions = (
        _trace(trace_id),
        # The start times narrow the read to where the spans lie.
        window_condition((Window(min(starts), max(starts) + 1),), "start_time"),
        Condition("span_id IN {span_ids:Array(String)}", {"span_ids": tuple(twig.span_id for twig in twigs)}),
    )
    return compile_select(Select("spans", SUMMARY_COLUMNS, conditions), project_id)


def _trace(trace_id: str) -> Condition:
    return Condition("trace_id = {trace_id:String}", {"trace_id": trace_id})


def _below(after: SpanPosition) -> Condition:
    at = instant("after_us")
    return Condition(
        f"start_time <= {at} AND (start_time < {at} "
        "OR (span_id, trace_id) < ({after_span_id:String}, {after_trace_id:String}))",
        {"after_us": after.start_us, "after_span_id": after.span_id, "after_trace_id": after.trace_id},
    )
