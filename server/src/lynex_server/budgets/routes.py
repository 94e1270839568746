"""Budgets over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.budgets.access import NAME, budgets_of, check_reach
from lynex_server.budgets.definition import budget_from
from lynex_server.budgets.describe import describe_budget
from lynex_server.budgets.model import Budget
from lynex_server.budgets.schemas import (
    BudgetDescribed,
    BudgetHistory,
    BudgetInput,
    BudgetList,
    BudgetShown,
    ForecastShown,
    OverrideInput,
)
from lynex_server.budgets.shapes import budget_event_shown, budget_shown, period_shown
from lynex_server.identity.public import Principal, may_in_organisation, require
from lynex_server.kernel.clock import SystemClock

router = APIRouter(prefix="/v1/budgets", tags=["budgets"])

Reader = Annotated[Principal, require("budgets:read")]
Writer = Annotated[Principal, require("budgets:write")]
BudgetId = Annotated[str, Path(pattern=NAME, examples=["bud_01k9zv3w8r4m2n5p7q8s9t0abc"])]

_clock = SystemClock()


@router.post("", status_code=201, summary="Make a budget")
async def create_budget(request: Request, principal: Writer, wanted: BudgetInput) -> BudgetShown:
    """A limit on what is spent. What was spent in its period before it was made counts, too.

    `describes` in the answer says in words what it will do.
    """
    check_reach(wanted.scope, await may_in_organisation(request, principal, "budgets:write"))
    budget = await run_in_threadpool(budgets_of(request).service.create, principal, wanted)
    return await _shown_one(request, budget)


@router.get("", summary="List budgets")
async def list_budgets(request: Request, principal: Reader) -> BudgetList:
    """Budgets about the project, by name, each with what is spent and where it is heading. People with a role
    in the organisation also see those about all of its projects."""
    reach = await may_in_organisation(request, principal, "budgets:read")
    found = await run_in_threadpool(budgets_of(request).service.about, principal, reach)
    return BudgetList(items=await _shown(request, found))


@router.post("/describe", summary="Say what a budget would do")
def describe(principal: Reader, wanted: BudgetInput) -> BudgetDescribed:
    """The sentence that a budget like this would have as `describes`, or what is wrong with it. Nothing is
    made: for editors that say it while someone types."""
    budget = budget_from(
        wanted,
        budget_id="",
        organisation_id=principal.organisation_id,
        project_id=principal.project_id,
        created_at_us=0,
        now_us=0,
    )
    return BudgetDescribed(describes=describe_budget(budget))


@router.get("/{budget_id}", summary="Read a budget")
async def read_budget(request: Request, principal: Reader, budget_id: BudgetId) -> BudgetShown:
    """One budget, with what is spent and where it is heading."""
    return await _shown_one(request, await _found(request, principal, budget_id))


@router.put("/{budget_id}", summary="Change a budget")
async def change_budget(
    request: Request, principal: Writer, budget_id: BudgetId, wanted: BudgetInput
) -> BudgetShown:
    """Make the budget as wanted. When it means other calls, another period or unit, its history is counted
    anew."""
    reach = await may_in_organisation(request, principal, "budgets:write")
    check_reach(wanted.scope, reach)
    service = budgets_of(request).service
    budget = await run_in_threadpool(service.change, principal, budget_id, wanted, reach)
    return await _shown_one(request, budget)


@router.delete("/{budget_id}", status_code=204, summary="Remove a budget")
async def remove_budget(request: Request, principal: Writer, budget_id: BudgetId) -> Response:
    """Remove it with its history. The audit log keeps what it was."""
    reach = await may_in_organisation(request, principal, "budgets:write")
    await run_in_threadpool(budgets_of(request).service.remove, principal, budget_id, reach)
    return Response(status_code=204)


@router.post("/{budget_id}/override", summary="Let calls through for a while")
async def override_budget(
    request: Request, principal: Writer, budget_id: BudgetId, wanted: OverrideInput
) -> BudgetShown:
    """For so many minutes the budget stops nothing, whatever was spent; it goes on counting and telling. The
    reason is in the audit log."""
    reach = await may_in_organisation(request, principal, "budgets:write")
    service = budgets_of(request).service
    budget = await run_in_threadpool(
        service.override, principal, budget_id, wanted.minutes, wanted.reason, reach
    )
    return await _shown_one(request, budget)


@router.delete("/{budget_id}/override", summary="Let a budget hold again")
async def end_override(request: Request, principal: Writer, budget_id: BudgetId) -> BudgetShown:
    """Ends an override before its time. Harmless where there is none."""
    reach = await may_in_organisation(request, principal, "budgets:write")
    service = budgets_of(request).service
    budget = await run_in_threadpool(service.end_override, principal, budget_id, reach)
    return await _shown_one(request, budget)


@router.get("/{budget_id}/history", summary="Earlier periods and news of a budget")
async def read_history(request: Request, principal: Reader, budget_id: BudgetId) -> BudgetHistory:
    """The last 60 periods (slots of a rolling window) in which something was spent, and the last 200 news:
    each threshold once per period, and when calls were stopped."""
    budget = await _found(request, principal, budget_id)
    lines, events = await run_in_threadpool(budgets_of(request).service.history, budget)
    return BudgetHistory(
        periods=[period_shown(budget, line_us, spent) for line_us, spent in lines],
        events=[budget_event_shown(event) for event in events],
    )


@router.get("/{budget_id}/forecast", summary="Where a budget is heading")
async def read_forecast(request: Request, principal: Reader, budget_id: BudgetId) -> ForecastShown:
    """Pace, what to expect at the end of the period, and when the limit is reached. How it is reckoned, and
    how sure that is, is told in the documentation of budgets."""
    return (await _shown_one(request, await _found(request, principal, budget_id))).forecast


async def _found(request: Request, principal: Principal, budget_id: str) -> Budget:
    reach = await may_in_organisation(request, principal, "budgets:read")
    return await run_in_threadpool(budgets_of(request).service.find, principal, budget_id, reach)


async def _shown_one(request: Request, budget: Budget) -> BudgetShown:
    return (await _shown(request, [budget]))[0]


async def _shown(request: Request, budgets: Sequence[Budget]) -> list[BudgetShown]:
    standings = await run_in_threadpool(budgets_of(request).service.standings, budgets)
    now_us = _clock.now_us()
    return [
        budget_shown(budget, standing, outlook, now_us)
        for budget, (standing, outlook) in zip(budgets, standings, strict=True)
    ]
