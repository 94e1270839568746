"""Answers to metrics questions: summary, series, breakdown, latency, facets."""

from dataclasses import replace
from datetime import datetime

from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock, datetime_from_us
from lynex_server.query.dimensions import ROLLUP_DIMENSIONS, SortKey
from lynex_server.query.facets_query import compile_facets, most_rows
from lynex_server.query.filters import Filters
from lynex_server.query.metrics_query import (
    MODEL_WITH_PROVIDER,
    ROLLUP_LEVELS,
    TIMINGS,
    MetricsQuery,
    compile_metrics,
    prepare,
)
from lynex_server.query.metrics_shape import (
    Row,
    breakdown_row,
    finite,
    metric_values,
    series_from,
    step_time,
)
from lynex_server.query.run import Runner
from lynex_server.query.schemas import (
    Breakdown,
    Facets,
    FacetValue,
    LatencyPercentile,
    LatencyPoint,
    MetricValues,
    Summary,
    TimeSeries,
)
from lynex_server.query.settings import QuerySettings
from lynex_server.query.window import (
    TimeRange,
    Window,
    chosen_step_s,
    from_whole_step,
    metrics_window,
    step_starts,
)


class MetricsService:
    """Every method takes the principal's project: what is answered is that project's alone."""

    def __init__(self, runner: Runner, settings: QuerySettings, clock: Clock) -> None:
        self._runner = runner
        self._settings = settings
        self._clock = clock

    async def summary(self, project_id: str, asked: TimeRange, filters: Filters, compare: bool) -> Summary:
        """One period as a whole, with the one before when `compare`."""
        query = self._prepared(MetricsQuery(project_id, self._window(asked), filters))
        values = await self._totals(query)
        previous = None
        if compare:
            previous = await self._totals(self._prepared(replace(query, window=query.window.before())))
        start, end = _bounds(query)
        return Summary(start=start, end=end, previous=previous, **values.__dict__)

    async def totals(
        self, project_id: str, asked: TimeRange, filters: Filters, group_by: str, limit: int
    ) -> dict[str, MetricValues]:
        """The period as a whole for each of the `limit` values of `group_by` with most calls."""
        query = MetricsQuery(
            project_id, self._window(asked), filters, by=(group_by,), limit=limit, sort="calls"
        )
        rows = await self._rows(self._prepared(query))
        return {row["key_0"]: metric_values(row) for row in rows}

    async def series(
        self,
        project_id: str,
        asked: TimeRange,
        filters: Filters,
        step: str | None,
        group_by: str | None,
        limit: int,
    ) -> TimeSeries:
        """The period in steps, one line for each of the `limit` dearest values of `group_by`."""
        query = self._stepped(MetricsQuery(project_id, self._window(asked), filters), asked, step)
        keys: tuple[str, ...] = ("",)
        if group_by is not None:
            dearest = replace(query, by=(group_by,), step_s=None, levels=(), limit=limit)
            keys = tuple(row["key_0"] for row in await self._rows(self._prepared(dearest)))
            query = replace(query, by=(group_by,), top=keys)
        query = self._prepared(query)
        rows = await self._rows(query)
        start, end = _bounds(query)
        step_s = query.step_s or 0
        starts = step_starts(query.window, step_s)
        series = series_from(rows, starts, keys)
        return TimeSeries(start=start, end=end, step_s=step_s, group_by=group_by, series=series)

    async def breakdown(
        self,
        project_id: str,
        asked: TimeRange,
        filters: Filters,
        by: str,
        limit: int,
        sort: SortKey = "cost",
    ) -> Breakdown:
        """The first `limit` values of a dimension by `sort`, greatest first."""
        dimensions = MODEL_WITH_PROVIDER if by == "model" else (by,)
        query = MetricsQuery(project_id, self._window(asked), filters, by=dimensions, limit=limit, sort=sort)
        if by in ROLLUP_DIMENSIONS:
            query = self._prepared(query)
            rows = await self._rows(query)
        else:
            query = self._prepared(replace(query, levels=()))
            rows = await self._with_timings(query, await self._rows(query))
        start, end = _bounds(query)
        shaped = [breakdown_row(row, by_model=by == "model") for row in rows]
        return Breakdown(start=start, end=end, by=by, rows=shaped)

    async def cost_by_model(
        self, project_id: str, asked: TimeRange, filters: Filters, limit: int, sort: SortKey = "cost"
    ) -> Breakdown:
        """The breakdown by model of the spans that name one; the last 7 days unless asked otherwise."""
        asked = _with_default_length(asked, "7d")
        answer = await self.breakdown(project_id, asked, filters, "model", limit + 1, sort)
        named = [row for row in answer.rows if row.key][:limit]
        return answer.model_copy(update={"rows": named})

    async def latency(
        self, project_id: str, asked: TimeRange, filters: Filters, percentile: float, step: str | None
    ) -> LatencyPercentile:
        """One percentile of the calls' durations over time; the last 7 days unless asked otherwise."""
        asked = _with_default_length(asked, "7d")
        level = percentile / 100
        levels = ROLLUP_LEVELS if level in ROLLUP_LEVELS else (level,)
        query = MetricsQuery(
            project_id, self._window(asked), filters, levels=levels, timings=("duration_ms",)
        )
        query = self._prepared(self._stepped(query, asked, step))
        place = levels.index(level)
        steps = {row["step_s"]: row for row in await self._rows(query)}
        overall = await self._rows(self._prepared(replace(query, step_s=None)))
        start, end = _bounds(query)
        return LatencyPercentile(
            start=start,
            end=end,
            p=percentile,
            step_s=query.step_s or 0,
            overall_ms=finite(overall[0]["duration_ms"][place]),
            points=[
                _latency_point(start_us // MICROS_PER_SECOND, steps, place)
                for start_us in step_starts(query.window, query.step_s or 0)
            ],
        )

    async def facets(self, project_id: str, asked: TimeRange, filters: Filters, limit: int) -> Facets:
        """What can be filtered by; the last 30 days unless asked otherwise."""
        window = self._window(_with_default_length(asked, "30d"))
        query = self._prepared(MetricsQuery(project_id, window, filters, levels=()))
        limits = self._settings.limits(most_rows(limit))
        rows = (await self._runner.run(compile_facets(query, limit), limits)).dicts()
        found: dict[str, list[FacetValue]] = {}
        for row in rows:
            found.setdefault(row["facet"], []).append(FacetValue(value=row["value"], spans=row["spans"]))
        start, end = _bounds(query)
        return Facets(start=start, end=end, facets=found)

    async def _with_timings(self, query: MetricsQuery, rows: list[Row]) -> list[Row]:
        """The rows with the percentiles of their keys: a second statement, over those keys alone, so that a
        million sessions cost no million quantile states. A table without latencies has none to add."""
        if not rows or _by_end_user_alone(query):
            return rows
        keys = tuple(row["key_0"] for row in rows)
        timed = self._prepared(replace(query, levels=ROLLUP_LEVELS, only=keys))
        timings = {row["key_0"]: row for row in await self._rows(timed)}
        return [{**row, **{name: timings[row["key_0"]][name] for name in TIMINGS}} for row in rows]

    def _window(self, asked: TimeRange) -> Window:
        return metrics_window(asked, self._clock.now_us())

    def _prepared(self, query: MetricsQuery) -> MetricsQuery:
        return prepare(query, self._settings)

    def _stepped(self, query: MetricsQuery, asked: TimeRange, step: str | None) -> MetricsQuery:
        """The query with its step. A relative range begins with a whole step; one with a `from` is exact."""
        window = self._prepared(query).window
        step_s = chosen_step_s(window, step, self._settings.query_max_series_points)
        return replace(
            query, step_s=step_s, window=window if asked.start else from_whole_step(window, step_s)
        )

    async def _rows(self, query: MetricsQuery) -> list[Row]:
        return list((await self._runner.run(compile_metrics(query), query.limits)).dicts())

    async def _totals(self, query: MetricsQuery) -> MetricValues:
        return metric_values((await self._rows(query))[0])


def _bounds(query: MetricsQuery) -> tuple[datetime, datetime]:
    return datetime_from_us(query.window.start_us), datetime_from_us(query.window.end_us)


def _with_default_length(asked: TimeRange, length: str) -> TimeRange:
    return asked if asked.start or asked.length else replace(asked, length=length)


def _by_end_user_alone(query: MetricsQuery) -> bool:
    """Whether the tables of end users answer, which hold no latencies: a state per user and hour would
    outweigh the spans themselves. A range too short for them is treated alike."""
    return query.by == ("end_user",) and query.filters == Filters()


def _latency_point(start_s: int, steps: dict[int, Row], place: int) -> LatencyPoint:
    row = steps.get(start_s)
    value = finite(row["duration_ms"][place]) if row else None
    return LatencyPoint(time=step_time(start_s), value_ms=value, calls=row["calls"] if row else 0)
