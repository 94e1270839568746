"""The kill switch, its hooks, and the control state over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from lynex_server.budgets.access import NAME, budgets_of, check_reach
from lynex_server.budgets.definition import scope_from
from lynex_server.budgets.describe import describe_stop
from lynex_server.budgets.hooks import MAX_BODY_BYTES
from lynex_server.budgets.kill_schemas import (
    HookAnswer,
    HookInput,
    HookList,
    KillSwitchInput,
    KillSwitchList,
    KillSwitchPreview,
    KillSwitchShown,
    NewHook,
    Previewed,
    WouldBlock,
    WouldBlockModel,
)
from lynex_server.budgets.kill_switch import MODELS_SHOWN, Recorded
from lynex_server.budgets.schemas import ControlState
from lynex_server.budgets.shapes import hook_shown, kill_switch_shown
from lynex_server.identity.public import Principal, may_in_organisation, open_to_all, require, while_permitted
from lynex_server.kernel.clock import SystemClock, datetime_from_us
from lynex_server.kernel.errors import TooLarge

router = APIRouter(prefix="/v1", tags=["kill switch"])

Reader = Annotated[Principal, require("kill_switch:read")]
Writer = Annotated[Principal, require("kill_switch:write")]
SwitchId = Annotated[str, Path(pattern=NAME, examples=["kil_01k9zv3w8r4m2n5p7q8s9t0abc"])]
Anyone = open_to_all("Whoever knows a hook's secret address may use it.")

_clock = SystemClock()


@router.post("/kill-switch/trigger", status_code=201, summary="Stop calls now")
async def trigger(request: Request, principal: Writer, wanted: KillSwitchInput) -> KillSwitchShown:
    """Stops the calls of the scope in every SDK that enforces and in every gateway, within a second. An empty
    scope stops the whole project. With `dry_run` nothing is stopped, and `would-block` tells what would
    be."""
    check_reach(wanted.scope, await may_in_organisation(request, principal, "kill_switch:write"))
    switch = await run_in_threadpool(
        budgets_of(request).switches.trigger,
        principal.actor(),
        principal.organisation_id,
        scope_from(wanted.scope, principal.project_id),
        wanted.allow_routes,
        wanted.reason,
        wanted.minutes,
        wanted.dry_run,
    )
    return kill_switch_shown(switch, _clock.now_us())


@router.get("/kill-switch", summary="List kill switches")
async def list_switches(
    request: Request,
    principal: Reader,
    active: Annotated[bool, Query(description="Only those that hold now.")] = False,
) -> KillSwitchList:
    """The latest 200 about the project, newest first."""
    reach = await may_in_organisation(request, principal, "kill_switch:read")
    found = await run_in_threadpool(budgets_of(request).switches.latest, principal, reach, active)
    now_us = _clock.now_us()
    return KillSwitchList(items=[kill_switch_shown(switch, now_us) for switch in found])


@router.post("/kill-switch/{switch_id}/release", summary="Let calls through again")
async def release(request: Request, principal: Writer, switch_id: SwitchId) -> KillSwitchShown:
    """Ends a kill switch, everywhere within a second."""
    reach = await may_in_organisation(request, principal, "kill_switch:write")
    switches = budgets_of(request).switches
    switch = await run_in_threadpool(switches.find, principal, switch_id, reach)
    released = await run_in_threadpool(switches.release, principal.actor(), switch)
    return kill_switch_shown(released, _clock.now_us())


@router.get("/kill-switch/{switch_id}/would-block", summary="Calls that a kill switch is about")
async def would_block(request: Request, principal: Reader, switch_id: SwitchId) -> WouldBlock:
    """Calls that were recorded while it held: what a dry run would have stopped, or what came from callers
    that do not enforce. The 50 models with most calls are listed."""
    reach = await may_in_organisation(request, principal, "kill_switch:read")
    switches = budgets_of(request).switches
    switch = await run_in_threadpool(switches.find, principal, switch_id, reach)
    found, until_us = await run_in_threadpool(switches.would_block, switch, principal, reach)
    return _would_block(found, switch.triggered_at_us, until_us)


@router.post("/kill-switch/preview", summary="See what a kill switch would have stopped")
async def preview(request: Request, principal: Reader, wanted: KillSwitchPreview) -> Previewed:
    """What such a switch would do, in words, and the calls of the last minutes that it would have stopped.
    Nothing is stopped and nothing is kept: look before you trigger."""
    reach = await may_in_organisation(request, principal, "kill_switch:read")
    check_reach(wanted.scope, reach)
    scope = scope_from(wanted.scope, principal.project_id)
    found, from_us, until_us = await run_in_threadpool(
        budgets_of(request).switches.preview, principal, scope, wanted.allow_routes, wanted.minutes, reach
    )
    return Previewed(
        describes=describe_stop(scope, tuple(wanted.allow_routes), dry_run=False),
        would_block=_would_block(found, from_us, until_us),
    )


@router.post("/kill-switch/hooks", status_code=201, summary="Make a secret address that stops calls")
async def create_hook(request: Request, principal: Writer, wanted: HookInput) -> NewHook:
    """For Slack, a pager or a script: a POST to the address stops the calls of the scope, one with the word
    `release` lets them through again. Address and secret are shown this once."""
    check_reach(wanted.scope, may_reach_all=False)
    made = await run_in_threadpool(
        budgets_of(request).hooks.create,
        principal,
        wanted.name,
        scope_from(wanted.scope, principal.project_id),
        wanted.allow_routes,
        wanted.minutes,
        wanted.signed,
    )
    return NewHook(
        hook=hook_shown(made.hook), path=f"/v1/kill-switch/hooks/{made.token}", hmac_secret=made.secret
    )


@router.get("/kill-switch/hooks", summary="List hooks")
async def list_hooks(request: Request, principal: Writer) -> HookList:
    """The project's hooks, without their addresses."""
    found = await run_in_threadpool(budgets_of(request).hooks.of_project, principal.project_id)
    return HookList(items=[hook_shown(hook) for hook in found])


@router.delete("/kill-switch/hooks/{hook_id}", status_code=204, summary="Revoke a hook")
async def revoke_hook(
    request: Request, principal: Writer, hook_id: Annotated[str, Path(pattern=NAME)]
) -> Response:
    """The address stops working at once. What it stopped stays stopped."""
    await run_in_threadpool(budgets_of(request).hooks.revoke, principal, hook_id)
    return Response(status_code=204)


@router.post(
    "/kill-switch/hooks/{token}",
    summary="Stop or release calls by a hook",
    dependencies=[Anyone],
)
async def flip(request: Request, token: Annotated[str, Path(pattern=NAME)]) -> HookAnswer:
    """The body may be empty, plain text, a form with `text` (as Slack sends it) or JSON with `action`
    (`trigger` or `release`), `reason` and `minutes`. A text that begins with `release` releases; anything
    else stops."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"a hook takes at most {MAX_BODY_BYTES} bytes")
    address = request.client.host if request.client else ""
    text, switch_id = await run_in_threadpool(
        budgets_of(request).hooks.flip, token, request.headers, bytes(body), address
    )
    return HookAnswer(text=text, kill_switch_id=switch_id)


@router.get(
    "/control/state",
    summary="What this caller has to keep",
    responses={304: {"description": "Nothing changed since the `If-None-Match` that was sent."}},
    response_model=ControlState,
)
async def control_state(
    request: Request,
    principal: Reader,
    if_none_match: Annotated[str, Header(description="The `ETag` of an earlier answer.")] = "",
) -> Response:
    """Kill switches that hold and budgets that act, as far as they are this caller's business: for those who
    cannot keep a stream open."""
    state = await budgets_of(request).feed.state(
        principal.organisation_id, principal.project_id, principal.api_key_id
    )
    tag = f'"{state.version}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in (each.strip().removeprefix("W/") for each in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(state.model_dump_json(), media_type="application/json", headers=headers)


@router.get(
    "/control/stream",
    summary="Follow what this caller has to keep",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events `state`, each a whole `ControlState`: one at once, then at "
            "every change.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def control_stream(request: Request, principal: Reader) -> StreamingResponse:
    """The control state as server-sent events: the whole state first, and again whenever it changes. A
    comment keeps a quiet stream open."""
    opened = budgets_of(request).feed.stream(
        principal.organisation_id, principal.project_id, principal.api_key_id
    )
    events = while_permitted(request, principal, "kill_switch:read", opened)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _would_block(found: list[Recorded], from_us: int, until_us: int) -> WouldBlock:
    return WouldBlock(
        calls=sum(each.calls for each in found),
        cost_nanousd=sum(each.cost_nanousd for each in found),
        unpriced_calls=sum(each.unpriced for each in found),
        since=datetime_from_us(from_us),
        until=datetime_from_us(until_us),
        models=[
            WouldBlockModel(
                model=each.model,
                calls=each.calls,
                cost_nanousd=each.cost_nanousd,
                unpriced_calls=each.unpriced,
            )
            for each in found[:MODELS_SHOWN]
        ],
    )
