"""Exports: every span that passes, streamed in pages of bounded size.

The first page is read before anything is answered, so that a query that cannot run is a plain error. A
later failure breaks the connection: a client sees a transfer cut short, never a short file that looks whole.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio.to_thread

from lynex_server.kernel.clock import Clock, datetime_from_us
from lynex_server.kernel.errors import QueryTooExpensive
from lynex_server.query.export_columns import export_row
from lynex_server.query.export_formats import EXPORT_FORMATS, ExportFormat
from lynex_server.query.filters import Filters
from lynex_server.query.run import Runner
from lynex_server.query.settings import QuerySettings
from lynex_server.query.span_shape import DETAIL_COLUMNS, TEXT_COLUMNS, Row
from lynex_server.query.span_statements import SpanPosition, compile_span_count, compile_span_list
from lynex_server.query.window import DAY_US, TimeRange, Window, clamped, list_window

FIRST_PAGE_ROWS = 100
MOST_PAGE_ROWS = 5000
_ROW_BYTES = 1000  # a span without its text, roughly


@dataclass(frozen=True, slots=True)
class Export:
    """A file to send: its name, type, and content."""

    file_name: str
    media_type: str
    content: AsyncIterator[bytes]


class ExportService:
    """Every method takes the principal's project: what is answered is that project's alone."""

    def __init__(self, runner: Runner, settings: QuerySettings, clock: Clock) -> None:
        self._runner = runner
        self._settings = settings
        self._clock = clock

    async def open(self, project_id: str, asked: TimeRange, filters: Filters, file_format: str) -> Export:
        """An export that has begun. Raises `QueryTooExpensive` when it would have too many rows."""
        now_us = self._clock.now_us()
        longest_us = self._settings.query_max_range_days * DAY_US
        window = clamped(list_window(asked, now_us, longest_us), longest_us)
        await self._refuse_too_many(project_id, window, filters)
        made = EXPORT_FORMATS[file_format]()
        pages = self._pages(project_id, window, filters)
        first: list[Row] = await anext(pages, [])
        name = f"spans-{datetime_from_us(now_us):%Y%m%dT%H%M%SZ}.{made.suffix}"
        return Export(name, made.media_type, _content(made, first, pages))

    async def _refuse_too_many(self, project_id: str, window: Window, filters: Filters) -> None:
        statement = compile_span_count(project_id, window, filters)
        spans = (await self._runner.run(statement, self._settings.limits(1))).rows[0][0]
        most = self._settings.query_export_max_rows
        if spans > most:
            raise QueryTooExpensive(
                f"The export would have {spans} rows, more than {most} (query_export_max_rows): "
                "narrow the time range and export in parts."
            )

    async def _pages(self, project_id: str, window: Window, filters: Filters) -> AsyncIterator[list[Row]]:
        after: SpanPosition | None = None
        rows_wanted = FIRST_PAGE_ROWS
        while True:
            statement = compile_span_list(project_id, window, filters, after, rows_wanted, DETAIL_COLUMNS)
            rows = (await self._runner.run(statement, self._settings.limits(rows_wanted))).dicts()
            if rows:
                yield list(rows)
            if len(rows) < rows_wanted:
                return
            last = rows[-1]
            after = SpanPosition(last["start_us"], last["span_id"], last["trace_id"])
            rows_wanted = next_page_rows(rows, self._settings.query_export_page_bytes)


def next_page_rows(rows: list[Row] | list[dict[str, object]], page_bytes: int) -> int:
    """How many rows to read next: as many as fill a page if they are as large as these, at most four
    times as many as these (one page of small rows may be followed by large ones)."""
    text_bytes = sum(len(str(row[name])) for row in rows for name in TEXT_COLUMNS)
    row_bytes = text_bytes // len(rows) + _ROW_BYTES
    return max(1, min(page_bytes // row_bytes, 4 * len(rows), MOST_PAGE_ROWS))


async def _content(
    made: ExportFormat, first: list[Row], pages: AsyncIterator[list[Row]]
) -> AsyncIterator[bytes]:
    yield await _encoded(made, first)
    async for rows in pages:
        yield await _encoded(made, rows)
    yield await anyio.to_thread.run_sync(made.end)


async def _encoded(made: ExportFormat, rows: list[Row]) -> bytes:
    return await anyio.to_thread.run_sync(lambda: made.page([export_row(row) for row in rows]))
