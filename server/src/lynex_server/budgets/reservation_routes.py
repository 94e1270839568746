"""Reservations over HTTP."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.budgets.access import NAME, budgets_of
from lynex_server.budgets.reservations import Wish
from lynex_server.budgets.schemas import (
    ReservationInput,
    ReservationShown,
    SettlementInput,
    SettlementShown,
    UsageInput,
)
from lynex_server.budgets.scope import Call
from lynex_server.budgets.shapes import reservation_shown
from lynex_server.identity.public import Principal, require
from lynex_server.kernel.money import nanousd_from_usd
from lynex_server.pricing.public import Usage

router = APIRouter(prefix="/v1/reservations", tags=["budgets"])

Caller = Annotated[Principal, require("reservations:write")]
ReservationId = Annotated[str, Path(pattern=NAME, examples=["rsv_01k9zv3w8r4m2n5p7q8s9t0abc"])]

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    402: {
        "description": "A budget has not enough left. `budget_id` names it, `frees_at` says when it frees.",
        "content": _PROBLEM,
    },
    423: {"description": "A kill switch stops this call. `kill_switch_id` names it.", "content": _PROBLEM},
}


@router.post(
    "",
    status_code=201,
    summary="Set money aside for a call",
    responses=_REFUSALS,
    response_model=ReservationShown,
)
async def reserve(request: Request, principal: Caller, wanted: ReservationInput) -> Response:
    """Sets the most that the call may cost aside in every budget that covers it, at once, or refuses and
    names the budget that said no. Settle it after the call; what is never settled is free again at its
    expiry."""
    wish = Wish(
        call=Call(
            project_id=principal.project_id,
            environment=wanted.environment,
            provider=wanted.provider,
            model=wanted.model,
            model_requested=wanted.model,
            route=wanted.route,
            end_user=wanted.end_user,
            api_key=principal.api_key_id,
            session=wanted.session,
            tags=tuple(wanted.tags),
        ),
        service_tier=wanted.service_tier,
        usage=_usage(wanted.usage),
        cost_nanousd=_nanousd(wanted.cost_usd),
        ttl_s=wanted.ttl_s,
        idempotency_key=wanted.idempotency_key,
        keep=True,
    )
    reservations = budgets_of(request).reservations
    if reservations.at_hand(principal.organisation_id):
        made = reservations.reserve(principal.organisation_id, wish)
    else:
        made = await run_in_threadpool(reservations.reserve, principal.organisation_id, wish)
    # Shaped here: the framework would check what is checked already, before every call of an application.
    shown = reservation_shown(made).model_dump_json()
    return Response(shown, status_code=201, media_type="application/json")


@router.post("/{reservation_id}/settle", summary="Say what a call truly used")
async def settle(
    request: Request, principal: Caller, reservation_id: ReservationId, said: SettlementInput
) -> SettlementShown:
    """Books what the call used in place of what was set aside. When a span with `lynex.reservation_id`
    arrives, before or after, the span stands: nothing is counted twice. A settlement that comes after the
    expiry counts."""
    settlement = await run_in_threadpool(
        budgets_of(request).reservations.settle,
        principal.project_id,
        reservation_id,
        _usage(said.usage),
        _nanousd(said.cost_usd),
        said.model,
        said.service_tier,
    )
    return SettlementShown(
        id=settlement.id,
        state=settlement.state,
        cost_nanousd=settlement.used.cost_nanousd,
        cost_source=settlement.cost_source,
        tokens=settlement.used.tokens,
    )


@router.delete("/{reservation_id}", status_code=204, summary="Give back what was set aside")
async def release(request: Request, principal: Caller, reservation_id: ReservationId) -> Response:
    """For a call that is not made after all."""
    await run_in_threadpool(budgets_of(request).reservations.release, principal.project_id, reservation_id)
    return Response(status_code=204)


def _usage(said: UsageInput) -> Usage:
    return Usage(
        input_tokens=said.input_tokens,
        output_tokens=said.output_tokens,
        cache_read_tokens=said.cache_read_tokens,
        cache_write_5m_tokens=said.cache_write_5m_tokens,
        cache_write_1h_tokens=said.cache_write_1h_tokens,
        reasoning_tokens=said.reasoning_tokens,
    )


def _nanousd(usd: Decimal | None) -> int | None:
    return None if usd is None else nanousd_from_usd(usd)
