"""What all ingest routes do with a request: read it within bounds, decode it, and put it on the log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from lynex_server.identity.public import Principal
from lynex_server.ingest.body import decompress, read_body
from lynex_server.ingest.decoded import Decoded
from lynex_server.ingest.service import IngestService, Prepared, Receipt, entry_id_of
from lynex_server.kernel.errors import InvalidInput
from lynex_server.limits.public import body_bound

REPLAYED_HEADER: Final = "Idempotent-Replayed"
_IN_LOOP_BYTES: Final = 32_000
"""Bodies up to this size (as sent) are worked on in the event loop: well under a millisecond's work."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request's body as sent, and what else decides how it is taken in."""

    service: IngestService
    raw: bytes
    encoding: str
    path: str
    idempotency_key: str | None

    @property
    def is_small(self) -> bool:
        """Whether it is worked on in the event loop. What a compressed body holds is not known yet."""
        return len(self.raw) <= _IN_LOOP_BYTES and not self.encoding


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


async def take_in(received: Received, principal: Principal, decode: Callable[[bytes], Decoded]) -> Receipt:
    """Decompress, decode, redact and append; on disk when this returns.

    Raises `InvalidInput` or `TooLarge` for the request as a whole, `Busy` when the log is full.
    """
    service = received.service
    redaction = service.redaction
    project_id = principal.project_id
    # Looked up for each request, so that a change holds within a second; never by the event loop.
    redactor = redaction.remembered(project_id)
    if redactor is None:
        redactor = await run_in_threadpool(redaction.redactor, project_id)
    entry_id = entry_id_of(principal.project_id, received.path, received.idempotency_key, received.raw)

    def work() -> Prepared:
        body = decompress(received.raw, received.encoding, service.settings.max_decompressed_bytes)
        try:
            return service.prepare(decode(body), project_id, principal.api_key_id, redactor)
        except RecursionError as error:
            raise InvalidInput("body: nested too deep") from error

    if received.is_small:
        prepared = work()
    else:
        async with service.large_batches:
            prepared = await run_in_threadpool(work)
    return await service.append(prepared, entry_id)
