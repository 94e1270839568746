"""A metrics question as a value, and the steps it passes before it is run.

tenant    `project_id` comes from the principal; `statement` puts it into every table read
clamp     the window is cut to the longest range allowed
tables    rollups where whole buckets fit, raw spans elsewhere
limits    most rows, seconds and bytes
compile   one statement with bound parameters
run, shape  in `metrics.py`
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lynex_server.engines.columnar.protocol import QueryLimits
from lynex_server.kernel.clock import MICROS_PER_SECOND
from lynex_server.query.conditions import filter_conditions, window_condition
from lynex_server.query.dimensions import (
    CALL_KINDS,
    DIMENSION_EXPRESSIONS,
    ERROR_STATUSES,
    ROLLUP_DIMENSIONS,
    SortKey,
)
from lynex_server.query.filters import Filters
from lynex_server.query.segments import (
    DAY,
    DIMENSION_ROLLUPS,
    END_USER_ROLLUPS,
    HOUR,
    SPAN_ROLLUPS,
    Rollup,
    Segment,
    plan_segments,
)
from lynex_server.query.settings import QuerySettings
from lynex_server.query.statement import Bindable, Condition, Select, Statement, compile_union
from lynex_server.query.window import DAY_US, Window, clamped

OTHER = "(other)"
"""The key under which the groups beyond the limit are summed."""

SUMS: tuple[str, ...] = (
    "spans",
    "errors",
    "unpriced",
    "estimated",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_nanousd",
)
# The sum of nothing is null: it is made 0 once per group, not once per span, which would take twice as long.
_RAW_SUMS: dict[str, str] = {
    "spans": "count()",
    "errors": f"countIf(status IN {ERROR_STATUSES})",
    "unpriced": "countIf(cost_source = 'unpriced')",
    "estimated": "countIf(cost_source = 'estimated')",
    "input_tokens": "ifNull(sum(input_tokens), 0)",
    "output_tokens": "ifNull(sum(output_tokens), 0)",
    "cache_read_tokens": "ifNull(sum(cache_read_tokens), 0)",
    "cache_write_tokens": "ifNull(sum(cache_write_5m_tokens), 0) + ifNull(sum(cache_write_1h_tokens), 0)",
    "reasoning_tokens": "ifNull(sum(reasoning_tokens), 0)",
    "cost_nanousd": "ifNull(sum(cost_nanousd), 0)",
}
ROLLUP_LEVELS: tuple[float, ...] = (0.5, 0.95, 0.99)
"""The quantiles whose states the rollups hold; others are computed from the raw spans."""

MODEL_WITH_PROVIDER = ("model", "provider")
"""A model is told apart by who served it."""

TIMINGS = ("duration_ms", "time_to_first_token_ms")


@dataclass(frozen=True, slots=True)
class MetricsQuery:
    """What to add up. `by` are dimensions; `step_s` cuts time; `levels` are the quantiles of the `timings`
    (none: they are left out, which costs less); `top` names the keys that are kept apart
    from `(other)`, `only` the ones looked at; `limit` keeps the first rows by `sort`, greatest first."""

    project_id: str
    window: Window
    filters: Filters
    by: tuple[str, ...] = ()
    step_s: int | None = None
    levels: tuple[float, ...] = ROLLUP_LEVELS
    timings: tuple[str, ...] = TIMINGS
    limit: int | None = None
    sort: SortKey = "cost"
    top: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
    segments: tuple[Segment, ...] = ()
    limits: QueryLimits = field(default_factory=QueryLimits)

    def every_kind(self) -> bool:
        """Whether errors and latencies are those of all spans: the query itself says which kind."""
        return "kind" in self.filters.equals or "kind" in self.by

    def dimension(self) -> str | None:
        """The one dimension that is filtered or grouped by, "" when there is none; None when there are
        several. A model goes with its provider."""
        asked = {*self.filters.equals, *(self.by[:1] if self.by == MODEL_WITH_PROVIDER else self.by)}
        return None if len(asked) > 1 else next(iter(asked), "")


def prepare(query: MetricsQuery, settings: QuerySettings) -> MetricsQuery:
    """The steps between the request and the compiler, in order."""
    return limit_cost(choose_tables(clamp_time(query, settings)), settings)


def clamp_time(query: MetricsQuery, settings: QuerySettings) -> MetricsQuery:
    """Cut the window to the longest range allowed."""
    return replace(query, window=clamped(query.window, settings.query_max_range_days * DAY_US))


def choose_tables(query: MetricsQuery) -> MetricsQuery:
    """Rollups where they keep apart what is asked for; else the raw spans."""
    step_us = None if query.step_s is None else query.step_s * MICROS_PER_SECOND
    rollups: tuple[Rollup, ...] = ()
    known_levels = query.levels in ((), ROLLUP_LEVELS)
    if known_levels and query.filters.fit_rollup() and set(query.by) <= ROLLUP_DIMENSIONS:
        rollups = _span_rollups(query)
    elif query.by == ("end_user",) and query.filters == Filters() and not query.levels:
        rollups = END_USER_ROLLUPS
    return replace(query, segments=plan_segments(query.window, rollups, step_us))


def _span_rollups(query: MetricsQuery) -> tuple[Rollup, ...]:
    if not query.levels:
        return SPAN_ROLLUPS
    if query.dimension() is not None:
        return DIMENSION_ROLLUPS
    # Merging the many small quantile states of minutes costs more than reading the raw spans of an hour.
    return (DAY, HOUR)


def limit_cost(query: MetricsQuery, settings: QuerySettings) -> MetricsQuery:
    """Bound what the statement may cost."""
    steps = settings.query_max_series_points + 1 if query.step_s else 1
    groups = len(query.top) + 1 if query.top is not None else (query.limit or 1)
    return replace(query, limits=settings.limits(steps * groups))


def compile_metrics(query: MetricsQuery) -> Statement:
    """The statement: partial sums of every segment, added up."""
    keys = [f"key_{number}" for number in range(len(query.by))]
    groups = ([] if query.step_s is None else ["step_s"]) + keys
    params: dict[str, Bindable] = {}
    shown = list(groups)
    if query.top is not None:
        shown[-1] = f"if(has({{top:Array(String)}}, key_0), key_0, '{OTHER}') AS shown_key"
        groups[-1] = "shown_key"
        params["top"] = query.top
    tail = "GROUP BY " + ", ".join(groups) if groups else ""
    if query.limit is not None:
        order = (*_SORTS[query.sort], *(f"{name} DESC" for name in ("calls", "spans")), *keys)
        tail += f"\nORDER BY {', '.join(dict.fromkeys(order))}\nLIMIT {{limit:UInt32}}"
        params["limit"] = query.limit
    leaves = [_leaf(query, segment) for segment in query.segments]
    return compile_union(leaves, [*shown, *_totals(query)], tail, params, query.project_id)


_SORTS: dict[SortKey, tuple[str, ...]] = {
    "cost": ("cost_nanousd DESC",),
    "calls": ("calls DESC", "cost_nanousd DESC"),
    "errors": ("errors DESC", "calls DESC"),
    "tokens": ("input_tokens + output_tokens DESC", "cost_nanousd DESC"),
    "unpriced": ("unpriced DESC", "input_tokens + output_tokens DESC"),
}
"""What comes first; calls, spans and the keys decide between equals."""

_DIMENSION_TABLES = frozenset(rollup.table for rollup in DIMENSION_ROLLUPS)
_TABLES_OF_CALLS = _DIMENSION_TABLES | {rollup.table for rollup in END_USER_ROLLUPS}
"""Rollups that keep calls apart from other spans, but not each kind."""


def _totals(query: MetricsQuery) -> list[str]:
    counted = "1" if query.every_kind() else "is_call"
    columns = ["sumIf(sum_spans, is_call) AS calls"]
    for name in SUMS:
        condition = f"sumIf(sum_{name}, {counted})" if name == "errors" else f"sum(sum_{name})"
        columns.append(f"{condition} AS {name}")
    if query.levels:
        merge = _quantiles("MergeIf", query.levels)
        columns += [f"{merge}(state_{timing}, {counted}) AS {timing}" for timing in query.timings]
    return columns


def _leaf(query: MetricsQuery, segment: Segment) -> Select:
    raw = segment.table == "spans"
    columns: list[str] = []
    params: dict[str, Bindable] = {}
    if query.step_s is not None:
        epoch_s = "toUnixTimestamp(start_time)" if raw else "toUnixTimestamp(time)"
        columns.append(f"intDiv({epoch_s}, {{step_s:UInt32}}) * {{step_s:UInt32}} AS step_s")
        params["step_s"] = query.step_s
    by_dimension = segment.table in _DIMENSION_TABLES
    expressions = ("value", "detail") if by_dimension else [DIMENSION_EXPRESSIONS[name] for name in query.by]
    columns += [f"{expressions[number]} AS key_{number}" for number in range(len(query.by))]
    columns.append("is_call" if segment.table in _TABLES_OF_CALLS else f"kind IN {CALL_KINDS} AS is_call")
    groups = len(columns)
    if raw:
        columns += [f"{_RAW_SUMS[name]} AS sum_{name}" for name in SUMS]
        state = _quantiles("State", query.levels or ROLLUP_LEVELS)
        timings = [f"{state}({timing}) AS state_{timing}" for timing in query.timings]
        tail = "GROUP BY " + ", ".join(column.rpartition(" AS ")[2] for column in columns[:groups])
    else:
        columns += [f"{name} AS sum_{name}" for name in SUMS]
        timings = [f"{timing} AS state_{timing}" for timing in query.timings]
        tail = ""
    if query.levels:
        columns += timings
    return Select(segment.table, tuple(columns), _leaf_conditions(query, segment), tail, params)


def _quantiles(combinator: str, levels: tuple[float, ...]) -> str:
    # A function's parameters cannot be bound; these are numbers that `LatencyParameters` has checked.
    return f"quantilesBFloat16{combinator}({', '.join(repr(float(level)) for level in levels)})"


def _leaf_conditions(query: MetricsQuery, segment: Segment) -> tuple[Condition, ...]:
    time_column = "start_time" if segment.table == "spans" else "time"
    window = window_condition(segment.windows, time_column, f"{segment.table}_")
    if segment.table in _DIMENSION_TABLES:
        return (window, *_dimension_conditions(query))
    conditions = [window, *filter_conditions(query.filters)]
    if query.by == ("end_user",):
        conditions.append(Condition("end_user_id != ''"))
    if query.only is not None:
        expression = DIMENSION_EXPRESSIONS[query.by[0]]
        conditions.append(Condition(f"{expression} IN {{only:Array(String)}}", {"only": query.only}))
    return tuple(conditions)


def _dimension_conditions(query: MetricsQuery) -> Iterator[Condition]:
    dimension = query.dimension() or ""
    yield Condition("dimension = {dimension:String}", {"dimension": dimension})
    if dimension in query.filters.equals:
        wanted = query.filters.equals[dimension]
        yield Condition(f"value IN {{{dimension}:Array(String)}}", {dimension: wanted})
    if query.only is not None:
        yield Condition("value IN {only:Array(String)}", {"only": query.only})
