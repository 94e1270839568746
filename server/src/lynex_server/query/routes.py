"""The query API over HTTP: parse, state the permission, call one method."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from lynex_server.identity.public import Principal, require, while_permitted
from lynex_server.kernel.errors import NotFound
from lynex_server.query.parameters import (
    BreakdownParameters,
    CostByModelParameters,
    ExportParameters,
    FacetParameters,
    LatencyParameters,
    LiveParameters,
    PageParameters,
    ProjectParameters,
    SeriesParameters,
    SummaryParameters,
    TreePageParameters,
)
from lynex_server.query.schemas import (
    Breakdown,
    Facets,
    LatencyPercentile,
    SessionPage,
    SpanDetail,
    SpanPage,
    Summary,
    TimeSeries,
    TraceDetail,
    TracePage,
)
from lynex_server.query.service import QueryService

router = APIRouter(prefix="/v1", tags=["query"])

TraceId = Annotated[str, Path(max_length=200, examples=["4bf92f3577b34da6a3ce929d0e0e4736"])]
SpanId = Annotated[str, Path(max_length=200, examples=["00f067aa0ba902b7"])]


def service_of(request: Request) -> QueryService:
    """The service that the app put in its state."""
    service: QueryService = request.app.state.query
    return service


def own_project(principal: Principal, asked: str | None) -> str:
    """The principal's project. Raises `NotFound` when another one is asked for."""
    if asked is not None and asked != principal.project_id:
        raise NotFound(f"no project {asked}")
    return principal.project_id


@router.get("/spans")
async def list_spans(
    request: Request,
    principal: Annotated[Principal, require("spans:read")],
    query: Annotated[PageParameters, Query()],
) -> SpanPage:
    """Spans, newest first, without their text.

    Example: `GET /v1/spans?range=1h&status=error&model=gpt-4o&limit=20`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).spans.page(
        project_id, query.time_range(), query.filters(), query.limit, query.cursor
    )


@router.get("/spans/{trace_id}/{span_id}")
async def read_span(
    request: Request,
    principal: Annotated[Principal, require("spans:read")],
    query: Annotated[ProjectParameters, Query()],
    trace_id: TraceId,
    span_id: SpanId,
) -> SpanDetail:
    """One span with input, output and attributes.

    Example: `GET /v1/spans/4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba902b7`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).spans.span(project_id, trace_id, span_id)


@router.get("/traces")
async def list_traces(
    request: Request,
    principal: Annotated[Principal, require("spans:read")],
    query: Annotated[PageParameters, Query()],
) -> TracePage:
    """Traces that have a span which passes the filters, by the newest such span. Counts are those of the
    whole trace, whenever its spans began.

    Example: `GET /v1/traces?range=24h&environment=production&min_cost_usd=0.10`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).traces.traces(
        project_id, query.time_range(), query.filters(), query.limit, query.cursor
    )


@router.get("/traces/{trace_id}")
async def read_trace(
    request: Request,
    principal: Annotated[Principal, require("spans:read")],
    query: Annotated[TreePageParameters, Query()],
    trace_id: TraceId,
) -> TraceDetail:
    """A page of a trace's tree in display order, with the summary of the whole trace.

    Example: `GET /v1/traces/4bf92f3577b34da6a3ce929d0e0e4736?limit=200`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).traces.trace(project_id, trace_id, query.limit, query.cursor)


@router.get("/sessions")
async def list_sessions(
    request: Request,
    principal: Annotated[Principal, require("sessions:read")],
    query: Annotated[PageParameters, Query()],
) -> SessionPage:
    """Sessions that have a span which passes the filters, by the newest such span. Counts are those of the
    whole session, whenever its spans began.

    Example: `GET /v1/sessions?range=7d&end_user_id=user-42`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).traces.sessions(
        project_id, query.time_range(), query.filters(), query.limit, query.cursor
    )


@router.get("/metrics/summary")
async def read_summary(
    request: Request,
    principal: Annotated[Principal, require("metrics:read")],
    query: Annotated[SummaryParameters, Query()],
) -> Summary:
    """Calls, errors, tokens, cost and latencies of a period; the last 24 hours unless asked otherwise.

    Example: `GET /v1/metrics/summary?range=7d&compare=true`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).metrics.summary(
        project_id, query.time_range(), query.filters(), query.compare
    )


@router.get("/metrics/series")
async def read_series(
    request: Request,
    principal: Annotated[Principal, require("metrics:read")],
    query: Annotated[SeriesParameters, Query()],
) -> TimeSeries:
    """The same values step by step, gaps filled. A `range` begins with a whole step; a `from` is exact.

    Example: `GET /v1/metrics/series?range=30d&step=1d&group_by=model`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).metrics.series(
        project_id, query.time_range(), query.filters(), query.step, query.group_by, query.limit
    )


@router.get("/metrics/breakdown")
async def read_breakdown(
    request: Request,
    principal: Annotated[Principal, require("metrics:read")],
    query: Annotated[BreakdownParameters, Query()],
) -> Breakdown:
    """The biggest values of a dimension, by cost unless `sort` says otherwise. By end user without filters
    there are no latencies: their percentiles are null.

    Example: `GET /v1/metrics/breakdown?by=prompt_name&range=7d&environment=production`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).metrics.breakdown(
        project_id, query.time_range(), query.filters(), query.by, query.limit, query.sort
    )


@router.get("/metrics/cost-by-model")
async def read_cost_by_model(
    request: Request,
    principal: Annotated[Principal, require("metrics:read")],
    query: Annotated[CostByModelParameters, Query()],
) -> Breakdown:
    """Cost by model and provider; the last 7 days unless asked otherwise.

    Example: `GET /v1/metrics/cost-by-model?range=7d`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).metrics.cost_by_model(
        project_id, query.time_range(), query.filters(), query.limit, query.sort
    )


@router.get("/metrics/latency-pctl")
async def read_latency_percentile(
    request: Request,
    principal: Annotated[Principal, require("metrics:read")],
    query: Annotated[LatencyParameters, Query()],
) -> LatencyPercentile:
    """One percentile of call durations over time; the last 7 days unless asked otherwise.

    Example: `GET /v1/metrics/latency-pctl?p=95&range=7d`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).metrics.latency(
        project_id, query.time_range(), query.filters(), query.p, query.step
    )


@router.get("/facets")
async def read_facets(
    request: Request,
    principal: Annotated[Principal, require("metrics:read")],
    query: Annotated[FacetParameters, Query()],
) -> Facets:
    """The commonest values of each dimension that rollups keep apart; of the last 30 days unless asked
    otherwise.

    Example: `GET /v1/facets?range=7d`
    """
    project_id = own_project(principal, query.project_id)
    return await service_of(request).metrics.facets(
        project_id, query.time_range(), query.filters(), query.limit
    )


@router.get(
    "/live",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `spans`, `more`, `dropped`.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: spans\ndata: [{"trace_id": "4bf9…", "span_id": "00f0…"}]\n\n',
                }
            },
        }
    },
)
async def stream_live(
    request: Request,
    principal: Annotated[Principal, require("spans:read")],
    query: Annotated[LiveParameters, Query()],
) -> StreamingResponse:
    """Spans as they are stored, without text, as server-sent events: `spans` carries a JSON array, `more`
    how many of a large batch are not shown, `dropped` how many messages this reader was too slow for.

    Example: `GET /v1/live?environment=production&status=error`
    """
    project_id = own_project(principal, query.project_id)
    opened = await service_of(request).live.open(project_id, query.filters())
    events = while_permitted(request, principal, "spans:read", opened)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A file. Its columns are the same in every format and only ever grow.",
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def export_spans(
    request: Request,
    principal: Annotated[Principal, require("export:read")],
    query: Annotated[ExportParameters, Query()],
) -> StreamingResponse:
    """Every span that passes the filters, with its text, newest first, streamed. In CSV a text that a
    spreadsheet would run as a formula begins with an apostrophe.

    Example: `GET /v1/export?format=parquet&range=7d&environment=production`
    """
    project_id = own_project(principal, query.project_id)
    export = await service_of(request).export.open(
        project_id, query.time_range(), query.filters(), query.format
    )
    headers = {"Content-Disposition": f'attachment; filename="{export.file_name}"'}
    return StreamingResponse(export.content, media_type=export.media_type, headers=headers)
