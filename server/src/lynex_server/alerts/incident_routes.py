"""Incidents, silences and mute schedules over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.alerts.access import alerts_of
from lynex_server.alerts.incident_schemas import (
    CommentInput,
    IncidentDetail,
    IncidentPage,
    ResolveInput,
    incident_detail,
    incident_shown,
)
from lynex_server.alerts.incident_storage import IncidentFilters
from lynex_server.alerts.model import Severity
from lynex_server.alerts.quiet_schemas import (
    MuteInput,
    MuteList,
    MuteShown,
    SilenceInput,
    SilenceList,
    SilenceShown,
    mute_shown,
    silence_shown,
)
from lynex_server.identity.public import Principal, require
from lynex_server.kernel.clock import us_from_datetime
from lynex_server.kernel.paging import decode_cursor, encode_cursor

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

Reader = Annotated[Principal, require("alerts:read")]
Writer = Annotated[Principal, require("alerts:write")]
IncidentId = Annotated[str, Path(max_length=64, examples=["ali_01k9zv3w8r4m2n5p7q8s9t0abc"])]
SilenceId = Annotated[str, Path(max_length=64, examples=["als_01k9zv3w8r4m2n5p7q8s9t0abc"])]
MuteId = Annotated[str, Path(max_length=64, examples=["alm_01k9zv3w8r4m2n5p7q8s9t0abc"])]


@router.get("/incidents", summary="List incidents")
async def list_incidents(
    request: Request,
    principal: Reader,
    phase: Annotated[Literal["open", "acknowledged", "resolved"] | None, Query()] = None,
    severity: Annotated[Severity | None, Query()] = None,
    rule_id: Annotated[str, Query(max_length=64)] = "",
    from_: Annotated[datetime | None, Query(alias="from", description="Opened then or later.")] = None,
    to: Annotated[datetime | None, Query(description="Opened before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of a page.")] = None,
) -> IncidentPage:
    """The incidents of the project, latest first. `open` includes what is acknowledged."""
    filters = IncidentFilters(
        phase or "",
        severity or "",
        rule_id,
        None if from_ is None else us_from_datetime(from_),
        None if to is None else us_from_datetime(to),
    )
    before = None if cursor is None else decode_cursor(cursor, tuple[int, str])
    service = alerts_of(request).incidents
    found = await run_in_threadpool(service.page, principal.project_id, filters, limit + 1, before)
    page = found[:limit]
    more = len(found) > limit
    return IncidentPage(
        items=[incident_shown(incident) for incident in page],
        next_cursor=encode_cursor(page[-1].opened_at_us, page[-1].id) if more else None,
    )


@router.get("/incidents/{incident_id}", summary="Read an incident")
async def read_incident(request: Request, principal: Reader, incident_id: IncidentId) -> IncidentDetail:
    """One incident with its timeline: who was told when, and who did what."""
    return await _detail(request, principal, incident_id)


@router.post("/incidents/{incident_id}/acknowledge", summary="Acknowledge an incident")
async def acknowledge(request: Request, principal: Writer, incident_id: IncidentId) -> IncidentDetail:
    """Say that somebody takes care of it. PagerDuty and Opsgenie are told."""
    await run_in_threadpool(alerts_of(request).incidents.acknowledge, principal, incident_id)
    return await _detail(request, principal, incident_id)


@router.post("/incidents/{incident_id}/resolve", summary="Resolve an incident")
async def resolve(
    request: Request, principal: Writer, incident_id: IncidentId, said: ResolveInput
) -> IncidentDetail:
    """Say that it is over. If it is not, its rule fires again in its next period."""
    await run_in_threadpool(alerts_of(request).incidents.resolve, principal, incident_id, said.text)
    return await _detail(request, principal, incident_id)


@router.post("/incidents/{incident_id}/comments", status_code=201, summary="Comment on an incident")
async def comment(
    request: Request, principal: Writer, incident_id: IncidentId, said: CommentInput
) -> IncidentDetail:
    """Write something into its timeline."""
    await run_in_threadpool(alerts_of(request).incidents.comment, principal, incident_id, said.text)
    return await _detail(request, principal, incident_id)


@router.post("/silences", status_code=201, summary="Make a silence")
async def create_silence(request: Request, principal: Writer, wanted: SilenceInput) -> SilenceShown:
    """Nobody is told of incidents that match, until it ends. What is still open then is told then."""
    alerts = alerts_of(request)
    silence = await run_in_threadpool(alerts.quiet.silence, principal, wanted)
    return silence_shown(silence, alerts.clock.now_us())


@router.get("/silences", summary="List silences")
async def list_silences(
    request: Request,
    principal: Reader,
    every: Annotated[bool, Query(description="Also those that are over.")] = False,
) -> SilenceList:
    """Those that hold or will, latest end first."""
    alerts = alerts_of(request)
    found = await run_in_threadpool(alerts.quiet.silences, principal.project_id, every)
    return SilenceList(items=[silence_shown(each, alerts.clock.now_us()) for each in found])


@router.delete("/silences/{silence_id}", status_code=204, summary="End a silence")
async def end_silence(request: Request, principal: Writer, silence_id: SilenceId) -> Response:
    """Let it end now. What it held back and is still open is told."""
    await run_in_threadpool(alerts_of(request).quiet.end_silence, principal, silence_id)
    return Response(status_code=204)


@router.post("/mutes", status_code=201, summary="Make a mute schedule")
async def create_mute(request: Request, principal: Writer, wanted: MuteInput) -> MuteShown:
    """Quiet hours: windows of every week, in a time zone."""
    alerts = alerts_of(request)
    mute = await run_in_threadpool(alerts.quiet.mute, principal, wanted)
    return mute_shown(mute, alerts.clock.now_us())


@router.get("/mutes", summary="List mute schedules")
async def list_mutes(request: Request, principal: Reader) -> MuteList:
    """The schedules of the project, by name."""
    alerts = alerts_of(request)
    found = await run_in_threadpool(alerts.quiet.mutes, principal.project_id)
    return MuteList(items=[mute_shown(each, alerts.clock.now_us()) for each in found])


@router.put("/mutes/{mute_id}", summary="Change a mute schedule")
async def change_mute(request: Request, principal: Writer, mute_id: MuteId, wanted: MuteInput) -> MuteShown:
    """Make the schedule as given. What it no longer holds back is told."""
    alerts = alerts_of(request)
    mute = await run_in_threadpool(alerts.quiet.mute, principal, wanted, mute_id)
    return mute_shown(mute, alerts.clock.now_us())


@router.delete("/mutes/{mute_id}", status_code=204, summary="Remove a mute schedule")
async def remove_mute(request: Request, principal: Writer, mute_id: MuteId) -> Response:
    """Remove it. What it held back is told."""
    await run_in_threadpool(alerts_of(request).quiet.remove_mute, principal, mute_id)
    return Response(status_code=204)


async def _detail(request: Request, principal: Principal, incident_id: str) -> IncidentDetail:
    service = alerts_of(request).incidents
    return incident_detail(*await run_in_threadpool(service.find, principal.project_id, incident_id))
