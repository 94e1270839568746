"""What all ingest routes do with a request: read it within bounds, decode it, and put it on the log."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from lynex_server.identity.public import Principal
from lynex_server.ingest.body import read_body
from lynex_server.ingest.preparing import Signal, Task
from lynex_server.ingest.service import IngestService, Receipt
from lynex_server.limits.public import body_bound

REPLAYED_HEADER: Final = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class Received:
    """A request's body as sent, and what else decides how it is taken in."""

    service: IngestService
    raw: bytes
    encoding: str
    path: str
    idempotency_key: str | None


async def read_request(request: Request) -> Received:
    """Raises `TooLarge` without reading on when the body is over its bound."""
    service: IngestService = request.app.state.ingest
    return Received(
        service=service,
        raw=await read_body(request.stream(), body_bound(request.scope, service.settings.max_body_bytes)),
        encoding=request.headers.get("content-encoding", ""),
        path=request.url.path,
        idempotency_key=request.headers.get("idempotency-key"),
    )


async def take_in(
    received: Received, principal: Principal, signal: Signal, content_type: str, names: tuple[str, ...] = ()
) -> Receipt:
    """Decompress, decode, redact and append; on disk when this returns.

    `names` is what an event's `project_id` may say. Raises `InvalidInput` or `TooLarge` for the request as a
    whole, `Busy` when the log is full.
    """
    service = received.service
    redaction = service.redaction
    project_id = principal.project_id
    # Looked up for each request, so that a change holds within a second; never by the event loop.
    redactor = redaction.remembered(project_id)
    if redactor is None:
        redactor = await run_in_threadpool(redaction.redactor, project_id)
    task = Task(
        signal=signal,
        path=received.path,
        idempotency_key=received.idempotency_key,
        raw=received.raw,
        encoding=received.encoding,
        content_type=content_type,
        project_id=project_id,
        api_key_id=principal.api_key_id,
        received_at_us=service.clock.now_us(),
        project_names=names,
    )
    return await service.append(await service.prepare(task, redactor))
