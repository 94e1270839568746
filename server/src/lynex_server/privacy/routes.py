"""Erasures and exports over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from lynex_server.identity.public import Principal, require
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.errors import NotFound
from lynex_server.kernel.paging import decode_cursor, encode_cursor
from lynex_server.privacy.model import MAX_END_USER_CHARS, Erasure
from lynex_server.privacy.schemas import ErasurePage, ErasureState
from lynex_server.privacy.service import Privacy

router = APIRouter(tags=["privacy"])

Eraser = Annotated[Principal, require("end_users:delete")]
Exporter = Annotated[Principal, require("export:read")]
EndUserId = Annotated[
    str, Path(max_length=MAX_END_USER_CHARS, description="As the spans have it, URL-encoded.")
]

NDJSON: Final = "application/x-ndjson"
_STREAMED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One JSON object per line; `held` says what it is.",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


@router.delete("/v1/end-users/{end_user_id:path}", status_code=202, summary="Erase an end user")
async def erase_end_user(request: Request, principal: Eraser, end_user_id: EndUserId) -> ErasureState:
    """Remove every span of an end user from every store, and prove it: the answer tells of a job.

    Whatever arrives of them from now on is stored without anything that tells of them. Sums in which they
    are one of many stay. Asking again while it is under way gives the same job.
    """
    return _state(await run_in_threadpool(_privacy(request).erase_end_user, principal, end_user_id))


@router.get(
    "/v1/end-users/{end_user_id:path}/export",
    summary="Export an end user",
    response_class=StreamingResponse,
    responses=_STREAMED,
)
async def export_end_user(request: Request, principal: Exporter, end_user_id: EndUserId) -> StreamingResponse:
    """Everything that is held of an end user, as NDJSON: spans with their texts, metric points, ledger
    lines, and what waits among the dead letters. What is summed up from spans is not repeated."""
    return StreamingResponse(_privacy(request).export_end_user(principal, end_user_id), media_type=NDJSON)


@router.get(
    "/v1/projects/{project_id}/export",
    summary="Export a project",
    response_class=StreamingResponse,
    responses=_STREAMED,
)
async def export_project(request: Request, principal: Exporter, project_id: str) -> StreamingResponse:
    """Everything that is held of a project, as NDJSON: spans, metric points, dead letters, ledger and
    settings.

    Secrets are left out. For spans alone, in other formats and with filters, there is `/v1/export`.
    """
    if project_id != principal.project_id:
        raise NotFound("There is no such project.")
    file_name = {"Content-Disposition": f'attachment; filename="{project_id}.ndjson"'}
    content = _privacy(request).export_project(principal)
    return StreamingResponse(content, media_type=NDJSON, headers=file_name)


@router.get("/v1/erasures", summary="List erasures")
async def list_erasures(
    request: Request,
    principal: Eraser,
    end_user_id: Annotated[
        str | None, Query(max_length=MAX_END_USER_CHARS, description="Only those of this end user.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> ErasurePage:
    """Latest first, with how far each is and what was found."""
    before = decode_cursor(cursor, tuple[int, str]) if cursor else None
    found = await run_in_threadpool(_privacy(request).erasures, principal, end_user_id, limit + 1, before)
    shown = found[:limit]
    more = encode_cursor(shown[-1].requested_at_us, shown[-1].id) if len(found) > limit else None
    return ErasurePage(items=[_state(erasure) for erasure in shown], next_cursor=more)


@router.get("/v1/erasures/{erasure_id}", summary="Show one erasure")
async def show_erasure(request: Request, principal: Eraser, erasure_id: str) -> ErasureState:
    """How far it is, and what was found."""
    return _state(await run_in_threadpool(_privacy(request).erasure, principal, erasure_id))


def _privacy(request: Request) -> Privacy:
    privacy: Privacy = request.app.state.privacy
    return privacy


def _state(erasure: Erasure) -> ErasureState:
    finished_us = erasure.finished_at_us
    return ErasureState(
        id=erasure.id,
        kind=erasure.kind,
        subject=erasure.subject,
        requested_by=erasure.requested_by,
        requested_at=datetime_from_us(erasure.requested_at_us),
        step=erasure.step,
        finished_at=None if finished_us is None else datetime_from_us(finished_us),
        erased=dict(erasure.findings.erased),
        left=dict(erasure.findings.left),
        named=dict(erasure.findings.named),
    )
