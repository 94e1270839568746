"""`POST /v1/events`: native events in JSON, judged one by one."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.identity.public import Identity, Principal, require
from lynex_server.ingest import otlp_routes
from lynex_server.ingest.receiving import REPLAYED_HEADER, read_request, take_in
from lynex_server.ingest.schemas import EVENTS_OPENAPI
from lynex_server.ingest.service import Receipt

_PROJECT_FIELD: Final = b'"project_id"'
router = APIRouter(tags=["ingest"])
router.include_router(otlp_routes.router)


@router.post("/v1/events", status_code=207, summary="Take in events", openapi_extra=EVENTS_OPENAPI)
async def post_events(request: Request, principal: Annotated[Principal, require("events:write")]) -> Response:
    """One event, a list of events, `{"events": [...]}` or one event per line; each gets its own verdict.

    A verdict of `accepted` means that the event is on disk. A repeated request (same `Idempotency-Key`, or
    without one the same body) is answered again and stored once.
    """
    received = await read_request(request)
    content_type = request.headers.get("content-type", "application/json")
    identity: Identity = request.app.state.identity
    # The names are looked up only where an event may say one, and never by the event loop.
    said = bool(received.encoding) or _PROJECT_FIELD in received.raw
    names = await run_in_threadpool(_project_names, identity, principal) if said else (principal.project_id,)
    receipt = await take_in(received, principal, "events", content_type, names)
    headers = {REPLAYED_HEADER: "true"} if receipt.replayed else {}
    return Response(_verdicts(receipt), 207, headers, media_type="application/json")


def _project_names(identity: Identity, principal: Principal) -> tuple[str, ...]:
    """What an event's `project_id` may say: the key's project, by id or by name."""
    project = identity.projects.get(principal.project_id)
    return (project.id, project.name)


def _verdicts(receipt: Receipt) -> bytes:
    """One verdict per item, in the order of the request."""
    results: list[dict[str, Any]] = [
        {"index": index, "status": "accepted", "span_id": span_id} for index, span_id in receipt.accepted
    ]
    results += [
        {"index": each.index, "status": "rejected", "reason": each.reason} for each in receipt.rejections
    ]
    results.sort(key=lambda result: result["index"])
    return msgspec.json.encode(
        {"accepted": len(receipt.accepted), "rejected": len(receipt.rejections), "results": results}
    )
