"""Pricing history again over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from lynex_server.identity.public import Principal, require
from lynex_server.prices.repricing_schemas import (
    NewRepricing,
    PriceChangeShape,
    PriceHistory,
    Repricings,
    RepricingShape,
)
from lynex_server.prices.repricing_service import RepricingService
from lynex_server.prices.repricing_statements import Stretch
from lynex_server.prices.routes import Reader, Writer, service_of
from lynex_server.prices.shapes import instant_us, repricing_shape, repricing_summary

router = APIRouter(prefix="/v1/prices", tags=["prices"])

RepricingId = Annotated[str, Path(max_length=100, examples=["rpr_01j9zq"])]


def _repricings(request: Request) -> RepricingService:
    service: RepricingService = request.app.state.repricings
    return service


@router.post("/reprice", status_code=202, summary="Price history again")
def reprice(request: Request, principal: Writer, body: NewRepricing) -> RepricingShape:
    """After a price was corrected: spans, rollups and the ledger get the prices of today's book, each once;
    the old price stays readable. A dry run only tells the difference per day and model."""
    stretch = Stretch(
        project_id=principal.project_id,
        from_us=instant_us(body.from_time, "from"),
        until_us=service_of(request).now_us() if body.to_time is None else instant_us(body.to_time, "to"),
        provider=body.provider,
        model=body.model,
    )
    service = _repricings(request)
    asked = service.ask(principal.organisation_id, stretch, body.dry_run, principal.actor())
    return repricing_shape(service.wait(principal.project_id, asked.repricing.id, body.wait_s))


@router.get("/reprice", summary="List repricings")
def list_repricings(request: Request, principal: Reader) -> Repricings:
    """Those of this project, latest first."""
    found = _repricings(request).listed(principal.project_id)
    return Repricings(items=[repricing_summary(job) for job in found])


@router.get("/reprice/{repricing_id}", summary="Show a repricing")
def show_repricing(request: Request, principal: Reader, repricing_id: RepricingId) -> RepricingShape:
    """How far it is, and what changed so far per day and model."""
    return repricing_shape(_repricings(request).progress(principal.project_id, repricing_id))


@router.post("/reprice/{repricing_id}/cancel", summary="Stop a repricing")
def cancel_repricing(request: Request, principal: Writer, repricing_id: RepricingId) -> RepricingShape:
    """After the step in hand. What was changed stays changed; pricing again later goes over all of it."""
    progress = _repricings(request).cancel(
        principal.organisation_id, principal.project_id, repricing_id, principal.actor()
    )
    return repricing_shape(progress)


@router.get("/history", summary="Show what a span cost before")
def price_history(
    request: Request,
    principal: Annotated[Principal, require("prices:read")],
    trace_id: Annotated[str, Query(max_length=200)],
    span_id: Annotated[str, Query(max_length=200)],
) -> PriceHistory:
    """Every price that a span had, with its version, the latest change first; empty where none changed it."""
    found = _repricings(request).history(principal.project_id, trace_id, span_id)
    return PriceHistory(
        items=[
            PriceChangeShape(
                repricing_id=change.repricing_id,
                old_cost_nanousd=change.old_cost_nanousd,
                old_cost_source=change.old_cost_source,
                old_price_version=change.old_price_version,
                new_cost_nanousd=change.new_cost_nanousd,
                new_cost_source=change.new_cost_source,
                new_price_version=change.new_price_version,
            )
            for change in found
        ]
    )
