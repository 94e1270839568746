"""Alert rules over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.alerts.access import alerts_of, check_reach
from lynex_server.alerts.describe import describe_rule
from lynex_server.alerts.rule_schemas import (
    RuleDetail,
    RuleInput,
    RuleList,
    RulePreview,
    RuleShown,
    WouldHaveFired,
)
from lynex_server.alerts.rule_shapes import rule_detail, rule_shown
from lynex_server.alerts.rule_storage import Look
from lynex_server.identity.public import Principal, require
from lynex_server.kernel.clock import datetime_from_us

router = APIRouter(prefix="/v1/alerts/rules", tags=["alerts"])

Reader = Annotated[Principal, require("alerts:read")]
Writer = Annotated[Principal, require("alerts:write")]
RuleId = Annotated[str, Path(max_length=64, examples=["alr_01k9zv3w8r4m2n5p7q8s9t0abc"])]
_REACH = "organisation_budgets"


@router.post("", status_code=201, summary="Make an alert rule")
async def create_rule(request: Request, principal: Writer, wanted: RuleInput) -> RuleShown:
    """Watch something. `describes` in the answer says in words what the rule will do."""
    await check_reach(request, principal, wanted.organisation_budgets, _REACH)
    return rule_shown(await run_in_threadpool(alerts_of(request).rules.create, principal, wanted), Look())


@router.get("", summary="List alert rules")
async def list_rules(request: Request, principal: Reader) -> RuleList:
    """The rules of the project by name, each with how looking at it goes."""
    found = await run_in_threadpool(alerts_of(request).rules.all, principal.project_id)
    return RuleList(items=[rule_shown(rule, look) for rule, look in found])


@router.post("/preview", summary="Try an alert rule on the past")
async def preview_rule(request: Request, principal: Reader, wanted: RuleInput) -> RulePreview:
    """How often it would have fired in the last 30 days, and when. Nothing is stored and nobody is told."""
    await check_reach(request, principal, wanted.organisation_budgets, _REACH)
    rule, found = await run_in_threadpool(alerts_of(request).rules.preview, principal, wanted)
    return RulePreview(
        describes=describe_rule(rule),
        start=datetime_from_us(found.start_us),
        end=datetime_from_us(found.end_us),
        evaluated_every_s=found.every_s,
        times=found.times,
        firings=[
            WouldHaveFired(
                group=firing.group,
                at=datetime_from_us(firing.at_us),
                until=None if firing.until_us is None else datetime_from_us(firing.until_us),
                value=firing.value,
                summary=firing.summary,
            )
            for firing in found.firings
        ],
        groups_left_out=found.left_out,
        impossible=found.impossible,
    )


@router.get("/{rule_id}", summary="Read an alert rule")
async def read_rule(request: Request, principal: Reader, rule_id: RuleId) -> RuleDetail:
    """One rule, and where each of its groups stands."""
    return rule_detail(*await run_in_threadpool(alerts_of(request).rules.find, principal.project_id, rule_id))


@router.put("/{rule_id}", summary="Change an alert rule")
async def change_rule(request: Request, principal: Writer, rule_id: RuleId, wanted: RuleInput) -> RuleDetail:
    """Make it as given. When it then watches something else, its open incidents are resolved and it begins
    anew."""
    await check_reach(request, principal, wanted.organisation_budgets, _REACH)
    await _check_may_touch(request, principal, rule_id)
    rules = alerts_of(request).rules
    await run_in_threadpool(rules.change, principal, rule_id, wanted)
    return rule_detail(*await run_in_threadpool(rules.find, principal.project_id, rule_id))


@router.delete("/{rule_id}", status_code=204, summary="Remove an alert rule")
async def remove_rule(request: Request, principal: Writer, rule_id: RuleId) -> Response:
    """Remove it. Its open incidents are resolved, and stay in the timeline."""
    await _check_may_touch(request, principal, rule_id)
    await run_in_threadpool(alerts_of(request).rules.remove, principal, rule_id)
    return Response(status_code=204)


async def _check_may_touch(request: Request, principal: Principal, rule_id: str) -> None:
    """Raises `Forbidden` for a rule about the whole organisation: who is in one project cannot quieten it."""
    rule, *_ = await run_in_threadpool(alerts_of(request).rules.find, principal.project_id, rule_id)
    await check_reach(request, principal, rule.organisation_budgets, _REACH)
