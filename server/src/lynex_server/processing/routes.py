"""State of the pipeline and dead letters over HTTP."""

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from lynex_server.identity.public import Principal, require
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.paging import decode_cursor, encode_cursor
from lynex_server.limits.public import RequestLimits
from lynex_server.processing.dead_letters import DeadLetter
from lynex_server.processing.schemas import (
    DeadLetterDetail,
    DeadLetterPage,
    DeadLetterSummary,
    QueueStatus,
    RefusedStatus,
    Replayed,
    Status,
)
from lynex_server.processing.service import ProcessingService

router = APIRouter(tags=["pipeline"])

Reader = Annotated[Principal, require("dead_letters:read")]
Writer = Annotated[Principal, require("dead_letters:write")]
Member = Annotated[Principal, require("project:read")]


@router.get("/v1/status", summary="How the data gets through")
async def status(request: Request, principal: Member) -> Status:
    """Queue depth and age, dead letters of the project, and whether workers run in this process."""
    state = await _service(request).state(principal.project_id)
    return Status(
        version=version("lynex-server"),
        queue=QueueStatus(
            entries=state.queue.entries, bytes=state.queue.bytes, oldest_age_s=state.queue.oldest_age_s
        ),
        dead_letters=state.dead_letters,
        workers_alive=state.workers_alive,
        refused=_refused(request, principal.project_id),
    )


@router.get("/v1/dead-letters", summary="List what could not be processed")
async def list_dead_letters(
    request: Request,
    principal: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> DeadLetterPage:
    """Latest failures first, with their reasons."""
    before = decode_cursor(cursor, tuple[int, str]) if cursor else None
    letters = await _service(request).page(principal.project_id, limit + 1, before)
    shown = letters[:limit]
    more = encode_cursor(shown[-1].failed_at_us, shown[-1].id) if len(letters) > limit else None
    return DeadLetterPage(items=[DeadLetterSummary(**_fields(letter)) for letter in shown], next_cursor=more)


@router.post("/v1/dead-letters/replay-all", summary="Replay the latest 500 dead letters")
async def replay_all(request: Request, principal: Writer) -> Replayed:
    """Put them back into the queue; what fails again comes back as a dead letter."""
    return Replayed(replayed=await _service(request).replay_all(principal.project_id))


@router.get("/v1/dead-letters/{letter_id}", summary="Show one dead letter")
async def show_dead_letter(request: Request, principal: Reader, letter_id: str) -> DeadLetterDetail:
    """With its events, as far as they can be read."""
    service = _service(request)
    letter = await service.find(principal.project_id, letter_id)
    return DeadLetterDetail(**_fields(letter), events=await service.preview(letter))


@router.post("/v1/dead-letters/{letter_id}/replay", summary="Replay one dead letter")
async def replay(request: Request, principal: Writer, letter_id: str) -> Replayed:
    """Put it back into the queue."""
    service = _service(request)
    await service.replay(await service.find(principal.project_id, letter_id))
    return Replayed(replayed=1)


@router.delete("/v1/dead-letters/{letter_id}", status_code=204, summary="Delete one dead letter")
async def delete(request: Request, principal: Writer, letter_id: str) -> Response:
    """Drop it for good, body included."""
    service = _service(request)
    await service.delete(await service.find(principal.project_id, letter_id))
    return Response(status_code=204)


def _refused(request: Request, project_id: str) -> list[RefusedStatus]:
    limits: RequestLimits | None = getattr(request.app.state, "limits", None)
    found = limits.refusals(project_id) if limits is not None else []
    return [RefusedStatus(sender=each.sender, policy=each.policy, count=each.count) for each in found]


def _service(request: Request) -> ProcessingService:
    service: ProcessingService = request.app.state.processing
    return service


def _fields(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "received_at": datetime_from_us(letter.received_at_us),
        "failed_at": datetime_from_us(letter.failed_at_us),
        "stage": letter.stage,
        "reason": letter.reason,
        "spans": letter.spans if letter.spans >= 0 else None,
        "bytes": letter.bytes,
        "attempts": letter.attempts,
        "api_key_id": letter.api_key_id,
    }
