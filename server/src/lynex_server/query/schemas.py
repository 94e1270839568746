"""The wire shapes of the query API: what the dashboard, the CLI and the SDKs read.

Times are ISO 8601 in UTC with microseconds. Money is given twice: `cost_usd` for people, `cost_nanousd`
for sums. A value nobody reported is null, never 0.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from lynex_server.kernel.wire import Wire


class Usage(Wire):
    """Counts of one span. `input_tokens` includes cache reads and writes, `output_tokens` reasoning."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_5m_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_image_tokens: int | None = None
    other: dict[str, int] = Field(default_factory=dict)
    flags: list[str] = Field(default_factory=list, description="What was odd or assumed about the counts.")


class SpanSummary(Wire):
    """A span as lists show it: everything but its text."""

    trace_id: str
    span_id: str
    parent_span_id: str
    session_id: str
    end_user_id: str
    start_time: datetime
    duration_ms: float | None
    time_to_first_token_ms: float | None
    kind: str
    name: str
    route: str
    environment: str
    release: str
    service: str
    provider: str
    model: str
    model_requested: str
    service_tier: str
    usage: Usage
    cost_usd: float | None
    cost_nanousd: int | None
    cost_source: Literal["reported", "priced", "estimated", "unpriced", "none"]
    price_version: str
    status: str
    error_type: str
    error_message: str
    finish_reason: str
    prompt_name: str
    prompt_version: str
    tags: list[str]
    metadata: dict[str, str]
    source: str
    received_at: datetime


class SpanDetail(SpanSummary):
    """One span, whole. `input` and `output` are text, or JSON as text."""

    input: str
    output: str
    attributes: dict[str, Any]


class SpanPage(Wire):
    """Newest first. `next_cursor` is null on the last page."""

    items: list[SpanSummary]
    next_cursor: str | None


class TraceSummary(Wire):
    """One trace as the trace list shows it. `name` is its root's, or its earliest span's when no
    root came."""

    trace_id: str
    name: str
    kind: str
    start_time: datetime
    last_activity: datetime
    duration_ms: float
    spans: int
    calls: int
    errors: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    cost_nanousd: int
    unpriced: int
    models: list[str]
    providers: list[str]
    route: str
    environment: str
    session_id: str
    end_user_id: str
    status: str
    tags: list[str]


class TracePage(Wire):
    """By last activity, newest first; a trace is on exactly one page."""

    items: list[TraceSummary]
    next_cursor: str | None


class TraceNode(SpanSummary):
    """A span in its trace's tree. `child_count` counts direct children; `depth` of a root is 0.
    A span whose parent never arrived is shown as a root, with `orphan` set."""

    depth: int
    child_count: int
    orphan: bool


class TraceDetail(Wire):
    """A page of a trace's tree in display order (depth first, by start time), with the summary
    of the whole trace."""

    summary: TraceSummary
    nodes: list[TraceNode]
    next_cursor: str | None


class SessionSummary(Wire):
    """One session: traces that share a session id."""

    session_id: str
    end_user_id: str
    first_activity: datetime
    last_activity: datetime
    traces: int
    calls: int
    errors: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    cost_nanousd: int
    unpriced: int


class SessionPage(Wire):
    """By last activity, newest first."""

    items: list[SessionSummary]
    next_cursor: str | None


class Percentiles(Wire):
    """Milliseconds; null where no call said how long it took. At most 0.8 % too low: states keep 8
    significant bits (BFloat16, cut off)."""

    p50: float | None
    p95: float | None
    p99: float | None


class MetricValues(Wire):
    """What happened in one period. `calls` counts model calls (kinds llm and embedding), `spans` everything;
    errors and latencies are those of the calls, unless the query names a `kind`."""

    calls: int
    spans: int
    errors: int
    unpriced: int
    estimated: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: float
    cost_nanousd: int
    latency_ms: Percentiles
    time_to_first_token_ms: Percentiles


class Summary(MetricValues):
    """One period as a whole, and the period of equal length before it (null unless `compare=true`)."""

    start: datetime
    end: datetime
    previous: MetricValues | None = None


class SeriesPoint(MetricValues):
    """One step of a series: `time` is its start."""

    time: datetime


class Series(Wire):
    """One line of a chart. `key` is the value of the dimension grouped by, "" when not grouped."""

    key: str
    points: list[SeriesPoint]


class TimeSeries(Wire):
    """Every step between `start` and `end` is present, empty ones as zeros. Beyond `limit` groups the rest is
    summed under the key `(other)`."""

    start: datetime
    end: datetime
    step_s: int
    group_by: str | None
    series: list[Series]


class BreakdownRow(MetricValues):
    """One value of a dimension."""

    key: str
    provider: str | None = Field(default=None, description="For breakdowns by model: who served it.")


class Breakdown(Wire):
    """The biggest values of a dimension, by cost, then calls, unless asked for by something else. By end user
    without filters every percentile is null: kept for each user and hour, their states would outweigh the
    spans; a filter reads the spans and has them."""

    start: datetime
    end: datetime
    by: str
    rows: list[BreakdownRow]


class LatencyPercentile(Wire):
    """One percentile over time."""

    start: datetime
    end: datetime
    p: float
    step_s: int
    overall_ms: float | None
    points: list["LatencyPoint"]


class LatencyPoint(Wire):
    """One step: its start, and the percentile of the calls that began in it."""

    time: datetime
    value_ms: float | None
    calls: int


class FacetValue(Wire):
    """A value that occurs, and in how many spans."""

    value: str
    spans: int


class Facets(Wire):
    """What can be filtered by in this range: the commonest values of each low-cardinality dimension."""

    start: datetime
    end: datetime
    facets: dict[str, list[FacetValue]]
