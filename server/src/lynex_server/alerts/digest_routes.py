"""Digests over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.alerts.access import alerts_of, check_reach
from lynex_server.alerts.digest_schemas import (
    DigestInput,
    DigestList,
    DigestPreview,
    DigestShown,
    digest_shown,
)
from lynex_server.identity.public import Principal, require

router = APIRouter(prefix="/v1/alerts/digests", tags=["alerts"])

Reader = Annotated[Principal, require("alerts:read")]
Writer = Annotated[Principal, require("alerts:write")]
DigestId = Annotated[str, Path(max_length=64, examples=["adg_01k9zv3w8r4m2n5p7q8s9t0abc"])]
_REACH = "whole_organisation"


@router.post("", status_code=201, summary="Make a cost digest")
async def create_digest(request: Request, principal: Writer, wanted: DigestInput) -> DigestShown:
    """What was spent, told every day or week. The first one comes at the next time it is due."""
    await check_reach(request, principal, wanted.whole_organisation, _REACH)
    alerts = alerts_of(request)
    return digest_shown(await run_in_threadpool(alerts.digests.put, principal, wanted), alerts.clock.now_us())


@router.get("", summary="List cost digests")
async def list_digests(request: Request, principal: Reader) -> DigestList:
    """The digests of the project, by name."""
    alerts = alerts_of(request)
    found = await run_in_threadpool(alerts.digests.all, principal.project_id)
    return DigestList(items=[digest_shown(plan, alerts.clock.now_us()) for plan in found])


@router.get("/{digest_id}/preview", summary="Read the newest edition of a cost digest")
async def preview_digest(request: Request, principal: Writer, digest_id: DigestId) -> DigestPreview:
    """What would be sent for the latest period. Nobody is told."""
    digests = alerts_of(request).digests
    plan = await run_in_threadpool(digests.find, principal.project_id, digest_id)
    await check_reach(request, principal, plan.whole_organisation, _REACH)
    written = await run_in_threadpool(digests.write, plan)
    return DigestPreview(title=written.title, text=written.text, html=written.html)


@router.put("/{digest_id}", summary="Change a cost digest")
async def change_digest(
    request: Request, principal: Writer, digest_id: DigestId, wanted: DigestInput
) -> DigestShown:
    """Make the digest as given. An edition that went out already does not go out again."""
    await check_reach(request, principal, wanted.whole_organisation, _REACH)
    alerts = alerts_of(request)
    plan = await run_in_threadpool(alerts.digests.find, principal.project_id, digest_id)
    # Else whoever is in one project could have the sums of all projects sent to a channel of his own.
    await check_reach(request, principal, plan.whole_organisation, _REACH)
    changed = await run_in_threadpool(alerts.digests.put, principal, wanted, digest_id)
    return digest_shown(changed, alerts.clock.now_us())


@router.delete("/{digest_id}", status_code=204, summary="Remove a cost digest")
async def remove_digest(request: Request, principal: Writer, digest_id: DigestId) -> Response:
    """Remove the digest. Editions that went out stay in the logs of their channels."""
    digests = alerts_of(request).digests
    plan = await run_in_threadpool(digests.find, principal.project_id, digest_id)
    await check_reach(request, principal, plan.whole_organisation, _REACH)
    await run_in_threadpool(digests.remove, principal, digest_id)
    return Response(status_code=204)
