"""Answers that are spans: the list, and one span whole."""

from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import NotFound
from lynex_server.kernel.paging import decode_cursor, encode_cursor
from lynex_server.query.bounds import bounds_of
from lynex_server.query.filters import Filters
from lynex_server.query.run import Runner
from lynex_server.query.schemas import SpanDetail, SpanPage
from lynex_server.query.settings import QuerySettings
from lynex_server.query.span_shape import span_detail, span_summary
from lynex_server.query.span_statements import SpanPosition, compile_span, compile_span_list
from lynex_server.query.window import DAY_US, TimeRange, clamped, list_window


class SpansService:
    """Every method takes the principal's project: what is answered is that project's alone."""

    def __init__(self, runner: Runner, settings: QuerySettings, clock: Clock) -> None:
        self._runner = runner
        self._settings = settings
        self._clock = clock

    async def page(
        self, project_id: str, asked: TimeRange, filters: Filters, limit: int, cursor: str | None
    ) -> SpanPage:
        """Newest first, without text. Raises `InvalidInput` for a cursor this API did not give out."""
        longest_us = self._settings.query_max_range_days * DAY_US
        window = clamped(list_window(asked, self._clock.now_us(), longest_us), longest_us)
        after = None if cursor is None else SpanPosition(*decode_cursor(cursor, tuple[int, str, str]))
        statement = compile_span_list(project_id, window, filters, after, limit + 1)
        rows = (await self._runner.run(statement, self._settings.limits(limit + 1))).dicts()
        shown = rows[:limit]
        more = len(rows) > limit
        last = shown[-1] if more else None
        return SpanPage(
            items=[span_summary(row) for row in shown],
            next_cursor=encode_cursor(last["start_us"], last["span_id"], last["trace_id"]) if last else None,
        )

    async def span(self, project_id: str, trace_id: str, span_id: str) -> SpanDetail:
        """One span with its text. Raises `NotFound`."""
        near = await bounds_of(project_id, [trace_id], self._runner, self._settings)
        if not near:
            raise NotFound(f"no span {span_id} in trace {trace_id}")
        statement = compile_span(project_id, trace_id, span_id, near)
        rows = (await self._runner.run(statement, self._settings.limits(1))).dicts()
        if not rows:
            raise NotFound(f"no span {span_id} in trace {trace_id}")
        return span_detail(rows[0])
