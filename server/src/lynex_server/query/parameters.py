"""The query parameters of the routes, and what they mean as values."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.money import nanousd_from_usd
from lynex_server.query.dimensions import Dimension, RollupDimension, SortKey
from lynex_server.query.filters import Filters
from lynex_server.query.window import TimeRange
from lynex_server.spans.public import CostSource, Kind, Status

MAX_PAGE_SIZE = 500
MAX_VALUES = 100
_Text = Annotated[str, Field(max_length=500)]
_Texts = Annotated[list[_Text], Field(max_length=MAX_VALUES)]
_LARGEST_INT64 = 2**63 - 1


class RangeParameters(BaseModel):
    """The project, and which time to look at. A parameter nobody knows is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project_id: str | None = Field(
        default=None, description="Must be the project of the credential; anything else is not found."
    )
    from_: str | None = Field(
        default=None,
        alias="from",
        description="Start, inclusive: ISO 8601 (UTC when no zone is given) or an epoch in s, ms or µs.",
        examples=["2026-11-20T00:00:00Z"],
    )
    to: str | None = Field(default=None, description="End, exclusive: as `from`.", examples=["1795132800"])
    range_: str | None = Field(
        default=None,
        alias="range",
        description="Length up to `to` (or now) in place of `from`: a number and s, m, h, d or w.",
        examples=["15m", "24h", "7d"],
    )

    def time_range(self) -> TimeRange:
        """What was said of time."""
        return TimeRange(self.from_, self.to, self.range_)


class SpanFilterParameters(RangeParameters):
    """Which spans to look at. A repeated parameter lists alternatives; different parameters must all hold."""

    environment: _Texts = Field(default=[], examples=[["production"]])
    provider: _Texts = Field(default=[], examples=[["openai", "anthropic"]])
    model: _Texts = []
    route: _Texts = []
    service: _Texts = []
    kind: list[Kind] = Field(default=[], max_length=MAX_VALUES)
    status: list[Status] = Field(default=[], max_length=MAX_VALUES)
    end_user_id: _Texts = []
    user_id: _Texts = Field(default=[], description="The same as `end_user_id`.")
    session_id: _Texts = []
    trace_id: _Texts = []
    tag: _Texts = Field(default=[], description="Spans that bear one of these tags.")
    release: _Texts = []
    source: _Texts = []
    cost_source: list[CostSource] = Field(default=[], max_length=MAX_VALUES)
    error_type: _Texts = Field(
        default=[], description="What went wrong, or why a call was refused.", examples=[["budget_exceeded"]]
    )
    prompt_name: _Texts = []
    metadata: _Texts = Field(
        default=[],
        description="`key:value`. Values of one key are alternatives; different keys must all hold.",
        examples=[["team:search"]],
    )
    min_cost_usd: float | None = Field(default=None, ge=0, le=1e9, description="US dollars.")
    min_latency_ms: float | None = Field(default=None, ge=0, description="Milliseconds.")
    min_tokens: int | None = Field(
        default=None, ge=0, le=_LARGEST_INT64, description="Input and output tokens together."
    )
    q: str | None = Field(
        default=None,
        max_length=1000,
        description='Words that must all occur in input or output; "quoted" ones as a phrase. '
        "Case does not matter.",
        examples=['refund "not delivered"'],
    )

    def filters(self) -> Filters:
        """The filters as a value. Raises `InvalidInput` for a `metadata` without a colon."""
        given: dict[str, Sequence[str]] = {
            "environment": self.environment,
            "provider": self.provider,
            "model": self.model,
            "route": self.route,
            "service": self.service,
            "kind": self.kind,
            "status": self.status,
            "end_user_id": [*self.end_user_id, *self.user_id],
            "session_id": self.session_id,
            "trace_id": self.trace_id,
            "release": self.release,
            "source": self.source,
            "cost_source": self.cost_source,
            "error_type": self.error_type,
            "prompt_name": self.prompt_name,
        }
        return Filters(
            equals={column: tuple(values) for column, values in given.items() if values},
            tags=tuple(self.tag),
            metadata=_metadata(self.metadata),
            min_cost_nanousd=None if self.min_cost_usd is None else nanousd_from_usd(self.min_cost_usd),
            min_latency_ms=self.min_latency_ms,
            min_tokens=self.min_tokens,
            text=(self.q or "").strip(),
        )


class PageParameters(SpanFilterParameters):
    """Filters and a page."""

    limit: int = Field(default=50, ge=1, le=MAX_PAGE_SIZE, description="Rows of a page.")
    cursor: str | None = Field(
        default=None, max_length=1000, description="`next_cursor` of the page before, with the same filters."
    )


class SummaryParameters(SpanFilterParameters):
    """Filters of the summary."""

    compare: bool = Field(default=False, description="Add the period of equal length before.")


class SeriesParameters(SpanFilterParameters):
    """Filters and shape of a series."""

    step: str | None = Field(
        default=None, description="auto, 1m, 5m, 15m, 30m, 1h, 3h, 6h, 12h or 1d.", examples=["1h"]
    )
    group_by: RollupDimension | None = Field(default=None, description="One line for each value of this.")
    limit: int = Field(default=10, ge=1, le=50, description="Most groups; the rest is summed as (other).")


class BreakdownParameters(SpanFilterParameters):
    """Filters and dimension of a breakdown."""

    by: Dimension
    limit: int = Field(default=50, ge=1, le=MAX_PAGE_SIZE, description="Most rows.")
    sort: SortKey = Field(
        default="cost",
        description="Greatest first. What has no price costs nothing: `unpriced` brings it to the top.",
    )


class CostByModelParameters(SpanFilterParameters):
    """Filters of the cost by model."""

    limit: int = Field(default=100, ge=1, le=MAX_PAGE_SIZE, description="Most rows.")
    sort: SortKey = Field(
        default="cost",
        description="Greatest first. What has no price costs nothing: `unpriced` brings it to the top.",
    )


class LatencyParameters(SpanFilterParameters):
    """Filters and percentile of a latency series."""

    p: float = Field(default=95, gt=0, lt=100, description="Percentile.", examples=[95])
    step: str | None = Field(default=None, description="auto, 1m, 5m, 15m, 30m, 1h, 3h, 6h, 12h or 1d.")


class FacetParameters(SpanFilterParameters):
    """Filters of the facets."""

    limit: int = Field(default=50, ge=1, le=200, description="Most values of one dimension.")


class ExportParameters(SpanFilterParameters):
    """Filters and format of an export."""

    format: Literal["csv", "ndjson", "parquet"] = "ndjson"


class LiveParameters(SpanFilterParameters):
    """Filters of live news: no time and no text, for news is of now and carries no text."""

    @model_validator(mode="after")
    def _refuse_past_and_text(self) -> "LiveParameters":
        if self.from_ or self.to or self.range_ or self.q:
            raise ValueError("live news takes no from, to, range or q")
        return self


class TreePageParameters(BaseModel):
    """A page of a trace's tree."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project_id: str | None = Field(default=None, description="Must be the project of the credential.")
    limit: int = Field(default=200, ge=1, le=MAX_PAGE_SIZE, description="Spans of a page.")
    cursor: str | None = Field(default=None, max_length=1000, description="`next_cursor` of the page before.")


class ProjectParameters(BaseModel):
    """The project alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project_id: str | None = Field(default=None, description="Must be the project of the credential.")


def _metadata(pairs: list[str]) -> dict[str, tuple[str, ...]]:
    wanted: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        key, colon, value = pair.partition(":")
        if not colon or not key:
            raise InvalidInput(f"metadata: not key:value: {pair!r}", field="metadata")
        wanted[key] = (*wanted.get(key, ()), value)
    return wanted
