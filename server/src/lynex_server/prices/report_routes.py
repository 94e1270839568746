"""Reports of providers, their reconciliation, and the disagreement of the price sources over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ConfigDict, Field

from lynex_server.kernel.clock import datetime_from_us
from lynex_server.prices.reconciliation import Reconciled, Side
from lynex_server.prices.report_service import ReportService, StoredReport
from lynex_server.prices.routes import Reader, Writer
from lynex_server.prices.schemas import Wire
from lynex_server.prices.source_check import SourceCheck, SourceChecks

router = APIRouter(prefix="/v1/prices", tags=["prices"])

REPORT_CHARS_MAX = 9_000_000


class NewReport(Wire):
    """A provider's file: JSON of its usage or cost API, or CSV of its console."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "Anthropic, 5 January",
                "content": "usage_date_utc,model,cost_usd\n2026-01-05,claude-sonnet-4-5,1.25\n",
            }
        }
    )

    name: str = Field(max_length=200, examples=["OpenAI, January"])
    content: str = Field(
        max_length=REPORT_CHARS_MAX,
        examples=["usage_date_utc,model,cost_usd\n2026-01-05,claude-sonnet-4-5,1.25\n"],
    )


class ReportShape(Wire):
    """An imported report."""

    id: str = Field(examples=["prr_01j9zq"])
    provider: str = Field(examples=["openai"])
    name: str
    format: str = Field(examples=["openai costs"])
    first_day: str
    last_day: str
    imported_by: str
    imported_at: datetime


class Reports(Wire):
    """Latest first."""

    items: list[ReportShape]


class SideShape(Wire):
    """What one side says. Null: it does not."""

    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_nanousd: int | None
    unpriced_calls: int
    unpriced_tokens: int


class PartShape(Wire):
    """A part of the difference and its reason."""

    reason: str = Field(examples=["missing_calls"])
    nanousd: int = Field(description="Of ours minus theirs.")
    tokens: int | None


class ReconciledShape(Wire):
    """One UTC day and model."""

    day: str
    model: str
    ours: SideShape
    theirs: SideShape | None
    difference_nanousd: int | None = Field(description="Ours minus theirs; null where they tell no cost.")
    parts: list[PartShape] = Field(description="They add up to the difference.")


class Reconciliation(Wire):
    """Ours against theirs, and the sums of each reason."""

    ours_nanousd: int
    theirs_nanousd: int
    difference_nanousd: int = Field(description="Of the days and models of which they tell a cost.")
    by_reason: dict[str, int]
    items: list[ReconciledShape]


class SourceDifferenceShape(Wire):
    """A unit that two sources price differently: dollars for each `per`."""

    provider: str
    model: str
    unit: str
    per: int
    first: float
    second: float
    ratio: float


class SourceDifferences(Wire):
    """The last comparison of the sources; `made_at` is null where there was none yet."""

    made_at: datetime | None
    first: str
    second: str
    compared: int
    items: list[SourceDifferenceShape]


def _reports(request: Request) -> ReportService:
    service: ReportService = request.app.state.price_reports
    return service


@router.post("/reports", status_code=201, summary="Import a provider's report")
def import_report(request: Request, principal: Writer, body: NewReport) -> ReportShape:
    """Usage exports and invoices of OpenAI and Anthropic, by whose day and model ours are then compared."""
    stored = _reports(request).bring_in(
        principal.organisation_id, principal.project_id, body.name, body.content, principal.actor()
    )
    return _report_shape(stored)


@router.get("/reports", summary="List imported reports")
def list_reports(request: Request, principal: Reader) -> Reports:
    """Those of this project, latest first."""
    return Reports(items=[_report_shape(each) for each in _reports(request).listed(principal.project_id)])


@router.delete("/reports/{report_id}", status_code=204, summary="Remove an imported report")
def remove_report(
    request: Request,
    principal: Writer,
    report_id: Annotated[str, Path(max_length=100, examples=["prr_01j9zq"])],
) -> Response:
    """With all its lines: what it told is in no reconciliation from then on."""
    _reports(request).remove(principal.organisation_id, principal.project_id, report_id, principal.actor())
    return Response(status_code=204)


@router.get("/reconciliation", summary="Compare with a provider's reports")
def reconciliation(
    request: Request,
    principal: Reader,
    provider: Literal["openai", "anthropic"],
    from_day: Annotated[date, Query(alias="from", examples=["2026-01-01"])],
    to_day: Annotated[date, Query(alias="to", examples=["2026-01-31"])],
) -> Reconciliation:
    """Ours against theirs per UTC day and model, both days included, with every difference explained: calls
    that are missing, days that end elsewhere, what has no price, another rate."""
    found = _reports(request).reconcile(principal.project_id, provider, from_day, to_day)
    told = [each for each in found if each.difference_nanousd is not None]
    by_reason: dict[str, int] = {}
    for each in told:
        for part in each.parts:
            by_reason[part.reason] = by_reason.get(part.reason, 0) + part.nanousd
    return Reconciliation(
        ours_nanousd=sum(each.ours.cost_nanousd or 0 for each in told),
        theirs_nanousd=sum((each.theirs.cost_nanousd or 0) if each.theirs else 0 for each in told),
        difference_nanousd=sum(each.difference_nanousd or 0 for each in told),
        by_reason=by_reason,
        items=[_reconciled_shape(each) for each in found],
    )


@router.get("/sources/differences", summary="Show where the price sources disagree")
def source_differences(request: Request, principal: Reader) -> SourceDifferences:
    """As of the last comparison, the greatest disagreement first. It is made every night where a second
    source is set."""
    return _check_shape(_checks(request).latest())


@router.post("/sources/differences", summary="Compare the price sources now")
def compare_sources(request: Request, principal: Writer) -> SourceDifferences:
    """The bundled data against the community file, for each model that both have."""
    return _check_shape(_checks(request).make())


def _checks(request: Request) -> SourceChecks:
    checks: SourceChecks = request.app.state.price_checks
    return checks


def _report_shape(stored: StoredReport) -> ReportShape:
    return ReportShape(
        id=stored.id,
        provider=stored.provider,
        name=stored.name,
        format=stored.format,
        first_day=stored.first_day,
        last_day=stored.last_day,
        imported_by=stored.imported_by,
        imported_at=datetime_from_us(stored.imported_at_us),
    )


def _side_shape(side: Side) -> SideShape:
    return SideShape(
        calls=side.calls,
        input_tokens=side.input_tokens,
        output_tokens=side.output_tokens,
        cost_nanousd=side.cost_nanousd,
        unpriced_calls=side.unpriced_calls,
        unpriced_tokens=side.unpriced_tokens,
    )


def _reconciled_shape(each: Reconciled) -> ReconciledShape:
    return ReconciledShape(
        day=each.day,
        model=each.model,
        ours=_side_shape(each.ours),
        theirs=None if each.theirs is None else _side_shape(each.theirs),
        difference_nanousd=each.difference_nanousd,
        parts=[
            PartShape(reason=part.reason, nanousd=part.nanousd, tokens=part.tokens) for part in each.parts
        ],
    )


def _check_shape(check: SourceCheck | None) -> SourceDifferences:
    if check is None:
        return SourceDifferences(made_at=None, first="", second="", compared=0, items=[])
    return SourceDifferences(
        made_at=datetime_from_us(check.made_at_us),
        first=check.first,
        second=check.second,
        compared=check.compared,
        items=[
            SourceDifferenceShape(
                provider=each.provider,
                model=each.model,
                unit=each.unit,
                per=each.per,
                first=each.first,
                second=each.second,
                ratio=each.ratio,
            )
            for each in check.differences
        ],
    )
