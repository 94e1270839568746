"""Exports: every row, in bounded pages, with a schema that stays."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import anyio
import pyarrow.parquet
import pytest
from clocks import NOON_US, FixedClock
from query.conftest import Api
from query.rows import RememberingColumnar, a_span

from lynex_server.kernel.errors import QueryTooExpensive
from lynex_server.query.export import MOST_PAGE_ROWS, ExportService, next_page_rows
from lynex_server.query.export_columns import EXPORT_COLUMNS
from lynex_server.query.filters import Filters
from lynex_server.query.run import Runner, open_runner
from lynex_server.query.settings import QuerySettings
from lynex_server.query.window import TimeRange

HOUR_AGO_US = NOON_US - 3_600_000_000


def rows_of(api: Api, file_format: str, **parameters: Any) -> list[dict[str, Any]]:
    response = api.ask("/v1/export", format=file_format, **parameters)
    assert response.status_code == 200
    if file_format == "csv":
        return list(csv.DictReader(io.StringIO(response.text, newline="")))
    if file_format == "ndjson":
        return [json.loads(line) for line in response.text.splitlines()]
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(response.content)).to_pylist()
    return rows


@pytest.mark.parametrize("file_format", ["csv", "ndjson", "parquet"])
def test_holds_every_span_that_passes_once_with_the_promised_columns(api: Api, file_format: str) -> None:
    """agenta#3840: not the first page only; langfuse#17750: no column goes missing."""
    api.store(
        *(a_span(span_id=f"{n:04}", start_time=HOUR_AGO_US + n // 7) for n in range(700)),
        a_span(span_id="other", model="other"),
    )

    rows = rows_of(api, file_format, model="gpt-4o")

    assert [row["span_id"] for row in rows] == [f"{n:04}" for n in reversed(range(700))]
    assert all(tuple(row) == EXPORT_COLUMNS for row in rows)


def test_the_columns_are_a_promise() -> None:
    assert ",".join(EXPORT_COLUMNS) == (
        "start_time,trace_id,span_id,parent_span_id,session_id,end_user_id,kind,name,route,environment,release,"
        "service,provider,model,model_requested,service_tier,status,error_type,error_message,finish_reason,"
        "duration_ms,time_to_first_token_ms,input_tokens,output_tokens,cache_read_tokens,cache_write_5m_tokens,"
        "cache_write_1h_tokens,reasoning_tokens,input_audio_tokens,output_audio_tokens,input_image_tokens,"
        "output_image_tokens,usage_other,usage_flags,cost_usd,cost_nanousd,cost_source,price_version,prompt_name,"
        "prompt_version,tags,metadata,source,received_at,input,output,attributes"
    )


def a_rich_span() -> Any:
    return a_span(
        start_time=HOUR_AGO_US + 1,
        input='line one\nline "two", =x',
        output="=HYPERLINK(1)",
        duration_ms=12.5,
        cache_read_tokens=None,
        tags=["a", "b"],
        metadata={"k": "v"},
        usage_other={"web_searches": 2},
    )


def test_csv_keeps_text_whole_and_runs_no_formula(api: Api) -> None:
    api.store(a_rich_span())

    (row,) = rows_of(api, "csv")

    assert row["input"] == 'line one\nline "two", =x'
    assert row["output"] == "'=HYPERLINK(1)"
    assert (row["start_time"], row["duration_ms"]) == ("2026-01-05T11:00:00.000001Z", "12.5")
    assert (row["cache_read_tokens"], row["cost_usd"]) == ("", "0.0035")
    assert (row["tags"], row["metadata"]) == ('["a", "b"]', '{"k": "v"}')


def test_ndjson_and_parquet_keep_types(api: Api) -> None:
    api.store(a_rich_span())

    (line,), (row,) = rows_of(api, "ndjson"), rows_of(api, "parquet")

    assert line["start_time"] == "2026-01-05T11:00:00.000001Z"
    assert row["start_time"] == datetime(2026, 1, 5, 11, 0, 0, 1, tzinfo=UTC)
    assert (line["metadata"], dict(row["metadata"])) == ({"k": "v"}, {"k": "v"})
    for whole in (line, row):
        assert (whole["output"], whole["tags"]) == ("=HYPERLINK(1)", ["a", "b"])
        assert (whole["cache_read_tokens"], whole["cost_nanousd"]) == (None, 3_500_000)
        assert dict(whole["usage_other"]) == {"web_searches": 2}


@pytest.mark.parametrize("file_format", ["csv", "ndjson", "parquet"])
def test_an_empty_export_is_a_whole_file(api: Api, file_format: str) -> None:
    assert rows_of(api, file_format) == []


def test_names_the_file_after_the_time(api: Api) -> None:
    response = api.ask("/v1/export", format="parquet")

    assert response.headers["content-disposition"] == 'attachment; filename="spans-20260105T120000Z.parquet"'


def test_pages_shrink_when_texts_are_large_and_grow_slowly() -> None:
    small = [{"input": "x", "output": "", "attributes": ""}] * 100
    large = [{"input": "x" * 999_000, "output": "", "attributes": ""}] * 100

    assert next_page_rows(small, 16_000_000) == 400
    assert next_page_rows(small * 50, 16_000_000) == MOST_PAGE_ROWS
    assert next_page_rows(large, 16_000_000) == 16
    assert next_page_rows(large, 1000) == 1


def an_export(api: Api, columnar: Any, **bounds: int) -> ExportService:
    settings = QuerySettings(**bounds)
    return ExportService(open_runner(columnar, settings), settings, FixedClock())


async def test_refuses_an_export_with_too_many_rows_before_it_begins(api: Api) -> None:
    api.store(a_span(span_id="1"), a_span(span_id="2"))

    with pytest.raises(QueryTooExpensive):
        await an_export(api, api.columnar, query_export_max_rows=1).open(
            api.project_id, TimeRange(), Filters(), "csv"
        )


class FailsOnPage:
    """An engine that fails from its third statement on: the count, the first page, then no more."""

    def __init__(self, inner: RememberingColumnar) -> None:
        self._inner = inner
        self.asked = 0

    def query(self, sql: str, params: Any = None, limits: Any = None) -> Any:
        self.asked += 1
        if self.asked > 2:
            raise QueryTooExpensive("too slow")
        return self._inner.query(sql, params, limits)


async def test_a_failure_in_the_middle_breaks_off_instead_of_looking_complete(api: Api) -> None:
    """langfuse#17750: a broken export never looks like a whole file."""
    api.store(*(a_span(span_id=str(n)) for n in range(300)))
    settings = QuerySettings()
    runner = Runner(FailsOnPage(api.columnar), anyio.CapacityLimiter(1))
    export = await ExportService(runner, settings, FixedClock()).open(
        api.project_id, TimeRange(), Filters(), "csv"
    )

    assert await anext(export.content)
    with pytest.raises(QueryTooExpensive):
        await anext(export.content)


def test_an_export_that_cannot_begin_is_a_plain_error(api: Api) -> None:
    assert api.ask("/v1/export", format="csv", **{"from": "never"}).status_code == 400
    assert api.ask("/v1/export", format="xml").status_code == 422
