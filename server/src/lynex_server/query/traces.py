"""Answers that are traces or sessions: their lists, and a trace as a tree."""

from collections.abc import Sequence
from typing import Any

import anyio.to_thread

from lynex_server.kernel.clock import Clock, datetime_from_us
from lynex_server.kernel.errors import NotFound, QueryTooExpensive
from lynex_server.kernel.money import usd_from_nanousd
from lynex_server.kernel.paging import decode_cursor, encode_cursor
from lynex_server.query.bounds import bounds_of, joined
from lynex_server.query.filters import Filters
from lynex_server.query.group_statements import compile_group_summaries
from lynex_server.query.recent import KeyColumn, RecentPage, RecentQuery, recent_page
from lynex_server.query.run import Runner
from lynex_server.query.schemas import (
    SessionPage,
    SessionSummary,
    TraceDetail,
    TraceNode,
    TracePage,
    TraceSummary,
)
from lynex_server.query.settings import QuerySettings
from lynex_server.query.span_shape import Row, trace_node
from lynex_server.query.span_statements import compile_trace_outline, compile_trace_spans
from lynex_server.query.tree import Place, Twig, display_order
from lynex_server.query.window import DAY_US, TimeRange, Window, clamped, list_window


class TracesService:
    """Every method takes the principal's project: what is answered is that project's alone."""

    def __init__(self, runner: Runner, settings: QuerySettings, clock: Clock) -> None:
        self._runner = runner
        self._settings = settings
        self._clock = clock

    async def traces(
        self, project_id: str, asked: TimeRange, filters: Filters, limit: int, cursor: str | None
    ) -> TracePage:
        """Traces with a span that passes, by the start of the newest such span."""
        page, rows = await self._recent(project_id, "trace_id", asked, filters, limit, cursor)
        return TracePage(items=[_trace_summary(row) for row in rows], next_cursor=page.next_cursor)

    async def sessions(
        self, project_id: str, asked: TimeRange, filters: Filters, limit: int, cursor: str | None
    ) -> SessionPage:
        """Sessions with a span that passes, by the start of the newest such span."""
        page, rows = await self._recent(project_id, "session_id", asked, filters, limit, cursor)
        return SessionPage(items=[_session_summary(row) for row in rows], next_cursor=page.next_cursor)

    async def trace(self, project_id: str, trace_id: str, limit: int, cursor: str | None) -> TraceDetail:
        """A page of a trace's tree. Raises `NotFound`, or `QueryTooExpensive` beyond the most spans."""
        skipped = 0 if cursor is None else decode_cursor(cursor, tuple[int])[0]
        order = await self._order(project_id, trace_id)
        places = order[skipped : skipped + limit]
        summaries = compile_group_summaries(project_id, "trace_id", [trace_id], _around_all(order))
        summary_rows = (await self._runner.run(summaries, self._settings.limits(1))).dicts()
        end = skipped + limit
        return TraceDetail(
            summary=_trace_summary(summary_rows[0]),
            nodes=await self._nodes(project_id, trace_id, places),
            next_cursor=encode_cursor(end) if end < len(order) else None,
        )

    async def _order(self, project_id: str, trace_id: str) -> list[Place]:
        most = self._settings.query_max_trace_spans
        near = await bounds_of(project_id, [trace_id], self._runner, self._settings)
        if not near:
            raise NotFound(f"no trace {trace_id}")
        outline = compile_trace_outline(project_id, trace_id, most, near)
        rows = (await self._runner.run(outline, self._settings.limits(most + 1))).rows
        if not rows:
            raise NotFound(f"no trace {trace_id}")
        if len(rows) > most:
            raise QueryTooExpensive(
                f"The trace has more than {most} spans (query_max_trace_spans): list its spans instead."
            )
        # In a thread: a large trace must not hold up the other requests.
        return await anyio.to_thread.run_sync(_ordered, rows)

    async def _nodes(self, project_id: str, trace_id: str, places: Sequence[Place]) -> list[TraceNode]:
        if not places:
            return []
        twigs = [place.twig for place in places]
        statement = compile_trace_spans(project_id, trace_id, twigs)
        limits = self._settings.limits(self._settings.query_max_trace_spans)
        rows = (await self._runner.run(statement, limits)).dicts()
        found = {Twig(row["span_id"], row["parent_span_id"], row["start_us"]): row for row in rows}
        return [trace_node(found[place.twig], place) for place in places]

    async def _recent(
        self,
        project_id: str,
        column: KeyColumn,
        asked: TimeRange,
        filters: Filters,
        limit: int,
        cursor: str | None,
    ) -> tuple[RecentPage, list[Row]]:
        longest_us = self._settings.query_max_range_days * DAY_US
        window = clamped(list_window(asked, self._clock.now_us(), longest_us), longest_us)
        query = RecentQuery(project_id, column, window, filters, limit).continued(cursor)
        page = await recent_page(query, self._runner, self._settings)
        if not page.keys:
            return page, []
        keys = [one.key for one in page.keys]
        near = await bounds_of(project_id, keys, self._runner, self._settings)
        # Bounds follow their spans by a moment: what was found is looked at even before it has any.
        near = joined([*near, *(Window(one.newest_us, one.newest_us + 1) for one in page.keys)])
        statement = compile_group_summaries(project_id, column, keys, near)
        rows = {
            row[column]: row
            for row in (await self._runner.run(statement, self._settings.limits(limit))).dicts()
        }
        return page, [rows[key] for key in keys]


def _ordered(rows: list[tuple[Any, ...]]) -> list[Place]:
    return display_order([Twig(*row) for row in rows])


def _around_all(order: Sequence[Place]) -> tuple[Window, ...]:
    starts = [place.twig.start_us for place in order]
    return (Window(min(starts), max(starts) + 1),)


def _common_fields(row: Row) -> dict[str, Any]:
    return {
        "calls": row["calls"],
        "errors": row["errors"],
        "unpriced": row["unpriced"],
        "input_tokens": row["all_input_tokens"],
        "output_tokens": row["all_output_tokens"],
        "cost_nanousd": row["all_cost_nanousd"],
        "cost_usd": usd_from_nanousd(row["all_cost_nanousd"]),
        "last_activity": datetime_from_us(row["last_us"]),
    }


def _trace_summary(row: Row) -> TraceSummary:
    return TraceSummary(
        **_common_fields(row),
        trace_id=row["trace_id"],
        name=row["root_name"],
        kind=row["root_kind"],
        status=row["root_status"],
        start_time=datetime_from_us(row["first_us"]),
        duration_ms=(row["end_us"] - row["first_us"]) / 1000,
        spans=row["spans"],
        models=sorted(row["models"]),
        providers=sorted(row["providers"]),
        tags=sorted(row["all_tags"]),
        route=row["root_route"],
        environment=row["root_environment"],
        session_id=row["root_session_id"],
        end_user_id=row["root_end_user_id"],
    )


def _session_summary(row: Row) -> SessionSummary:
    return SessionSummary(
        **_common_fields(row),
        session_id=row["session_id"],
        end_user_id=row["last_end_user_id"],
        first_activity=datetime_from_us(row["first_us"]),
        traces=row["traces"],
    )
